"""Writes as they are taken: into the store, or into the spool while the store is away or earlier ones of the same partition wait there.

What is acknowledged is on a disk. Everything here may be sent again: it counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from api.connection import StoreAwayError
from api.spool_file import Entry
from api.stamps import Written
from api.telling import take, take_events
from models.domain import partition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from api.service import Service
    from api.telling import Told
    from models.domain import Customer, Event, Outcome

Status = Literal["new", "known", "spooled"]


class Statuses(NamedTuple):
    """Of outcomes and of events, in their order."""

    outcomes: list[Status]
    events: list[Status]


async def events_in(service: Service, events: Sequence[Event], received: datetime) -> list[Status]:
    """What happened.

    Raises:
        StoreAwayError: part of it may have been taken; the same again takes the rest.
    """
    entries = [
        Entry(
            "event", partition(one.customer_id), one.event_id, one.model_dump_json(exclude_none=True).encode()
        )
        for one in events
    ]

    async def write(at: Sequence[int]) -> list[bool]:
        return await take_events(service, [events[place] for place in at], received)

    return await _taken(service, entries, write)


async def outcomes_in(
    service: Service,
    outcomes: Sequence[Outcome],
    told: Mapping[str, Told],
    received: datetime,
    events: Sequence[Event] = (),
) -> Statuses:
    """What became of proposals, and what else happened. One whose decision is not in `told` goes to the spool: it is looked for when the store is back.

    Raises:
        StoreAwayError: part of it may have been taken; the same again takes the rest.
    """
    happened = await events_in(service, events, received)
    entries = [
        Entry(
            "outcome",
            one.decision_id.partition("-")[0],
            one.outcome_id,
            one.model_dump_json(exclude_none=True).encode(),
        )
        for one in outcomes
    ]

    async def write(at: Sequence[int]) -> list[bool]:
        return (await take(service, [outcomes[place] for place in at], told, received)).outcomes

    unknown = {place for place, one in enumerate(outcomes) if one.decision_id not in told}
    return Statuses(await _taken(service, entries, write, unknown), happened)


async def customers_in(service: Service, customers: Sequence[Customer]) -> list[Status]:
    """Customers as they are now; `known` are those who were so already.

    Raises:
        StoreAwayError: part of it may have been taken; the same again takes the rest.
    """
    written = [Written(one, service.stamps.next(service.clock()), service.stamps.writer) for one in customers]
    entries = [
        Entry(
            "customer",
            partition(one.customer.customer_id),
            one.customer.customer_id,
            one.customer.model_dump_json().encode(),
            one.stamp,
            one.writer,
        )
        for one in written
    ]

    async def write(at: Sequence[int]) -> list[bool]:
        return await service.store.put_customers([written[place] for place in at])

    return await _taken(service, entries, write)


async def _taken(
    service: Service,
    entries: Sequence[Entry],
    write: Callable[[Sequence[int]], Awaitable[list[bool]]],
    later: set[int] | frozenset[int] = frozenset(),
) -> list[Status]:
    """`write` brings those at these places into the store; those at the places `later` wait in any case."""
    spool = service.spool
    if spool is None:
        return [_status(new) for new in await write(range(len(entries)))]
    waits = {
        place
        for place, entry in enumerate(entries)
        if place in later or spool.holds(entry.partition) or not service.store.is_asked(entry.partition)
    }
    now = [place for place in range(len(entries)) if place not in waits]
    try:
        fresh = await write(now) if now else []
    except StoreAwayError:
        waits.update(now)
        now, fresh = [], []
    if waits:
        with spool.rest():
            await spool.put([entries[place] for place in sorted(waits)])
    taken = dict(zip(now, fresh, strict=True))
    return [_status(taken.get(place)) for place in range(len(entries))]


def _status(new: bool | None) -> Status:
    if new is None:
        return "spooled"
    return "new" if new else "known"
