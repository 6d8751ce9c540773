"""From the spool into the store, once it is back: outcomes, events and customers in their order, then the decisions.

Nothing leaves the spool before the store has it; what the store has already it takes a second time without a trace. What it refuses for a
reason that lies in that one entry, or in what is stored of that customer, is set aside, and the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from api.ahead import wait_for_decisions
from api.ahead_outcomes import FullError
from api.connection import StoreAwayError
from api.stamps import Written
from api.telling import records_of, take, take_events, told_of
from api.unrecorded import trace_in
from models.domain import Customer, Event, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.service import Service
    from api.spool import Spool
    from api.spool_file import Entry, Kind

log = logging.getLogger("behoud.relay")

RELAY_SECONDS: Final = 0.25
"""How often it is looked whether something waits, and while the store is not asked, whether it is back: once a second of these."""
TOGETHER: Final = 25
"""Writes read at once: more would keep those waiting who ask meanwhile."""
DECISIONS: Final = 8
"""Decisions relayed at once, for the same reason."""
PAUSE_SECONDS: Final = 0.02
"""From one of these to the next, at least."""
PAUSES: Final = 50
"""At most, of the same length, while others wait to be answered: something is relayed every second, whatever is asked."""


async def relay(service: Service) -> None:
    """All that waits, as far as the store takes it."""
    spool = service.spool
    if spool is None:
        return
    await service.store.probe()
    if not service.store.is_asked():
        service.metrics.spooled(spool)
        return
    try:
        async with spool.relaying:
            if not spool.backlog.total():  # else what an operator released is found after it
                await spool.look()
            while spool.backlog.total() and service.store.is_asked():
                service.metrics.spooled(spool)
                if not (await _writes(service, spool) or await _decisions(service, spool)):
                    break
                await _give_way(service)
    except StoreAwayError as error:  # it waits
        log.info("not relayed", extra={"why": str(error), "backlog": spool.backlog.total()})
    finally:
        service.metrics.spooled(spool)


async def _give_way(service: Service) -> None:
    """What waits here has been acknowledged; who asks now is waiting."""
    for _ in range(PAUSES):
        await asyncio.sleep(PAUSE_SECONDS)
        if not service.admission.queued:
            break


async def _writes(service: Service, spool: Spool) -> bool:
    """The oldest writes; whether there were any."""
    entries = await spool.first(TOGETHER, ordered=True)
    for wave in waves(entries):
        for kind, together in wave.items():
            await _sent(service, spool, kind, together)
    return bool(entries)


async def _decisions(service: Service, spool: Spool) -> bool:
    """The oldest decisions; whether there were any."""
    entries = await spool.first(DECISIONS, ordered=False)
    await _sent(service, spool, "decision", entries)
    return bool(entries)


def waves(entries: Iterable[Entry]) -> list[dict[Kind, list[Entry]]]:
    """By kind, as many as may go together: wave after wave, the entries of each partition stay in their order."""
    found: list[dict[Kind, list[Entry]]] = []
    last: dict[str, tuple[int, Kind]] = {}
    for entry in entries:
        number, kind = last.get(entry.partition, (0, entry.kind))
        if kind != entry.kind:
            number += 1
        last[entry.partition] = number, entry.kind
        if number == len(found):
            found.append({})
        found[number].setdefault(entry.kind, []).append(entry)
    return found


async def _sent(service: Service, spool: Spool, kind: Kind, entries: Sequence[Entry]) -> None:
    """These into the store, and out of the spool. Where one is refused they go one by one, and it is set aside."""
    if not entries:
        return
    try:
        await SENDERS[kind](service, entries)
    except (ValueError, LookupError, FullError) as error:
        if len(entries) == 1:
            await _aside(service, spool, entries[0], _said(error))
            return
    except StoreAwayError as error:
        if error.why != "refused":
            raise
        if len(entries) == 1:
            await _aside(service, spool, entries[0], str(error))
            return
    else:
        await spool.drop(entries)
        service.metrics.relayed.labels(kind).inc(len(entries))
        return
    for entry in entries:
        await _sent(service, spool, kind, [entry])


async def _aside(service: Service, spool: Spool, entry: Entry, why: str) -> None:
    service.metrics.set_aside.labels(entry.kind).inc()
    log.error("set aside", extra={"kind": entry.kind, "id": entry.about, "why": why})
    await spool.set_aside(entry, why)


def _said(error: Exception) -> str:
    """Without values: they are personal."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{type(error).__name__}: {error}"


async def _outcomes(service: Service, entries: Sequence[Entry]) -> None:
    """Those whose decision is known are taken, the others wait for it as they do who come ahead of theirs.

    Raises:
        NotProposedError: the action of one was not proposed in its decision.
    """
    outcomes = [Outcome.model_validate_json(entry.body) for entry in entries]
    records = await records_of(service, [outcome.decision_id for outcome in outcomes])
    told = told_of(service, records)
    known = [outcome for outcome in outcomes if outcome.decision_id in told]
    for outcome in known:
        if outcome.action_id not in told[outcome.decision_id].kinds:
            raise NotProposedError(f"'{outcome.action_id}' was not proposed in {outcome.decision_id}")
    await take(service, known, told, service.clock())
    await wait_for_decisions(service, [outcome for outcome in outcomes if outcome.decision_id not in told])


class NotProposedError(LookupError):
    """It could not be seen when the outcome was acknowledged: its decision was not at hand."""


async def _events(service: Service, entries: Sequence[Entry]) -> None:
    await take_events(service, [Event.model_validate_json(entry.body) for entry in entries], service.clock())


async def _customers(service: Service, entries: Sequence[Entry]) -> None:
    written = [
        Written(Customer.model_validate_json(entry.body), entry.stamp, entry.writer) for entry in entries
    ]
    await service.store.put_customers(written, late=True)


async def _traces(service: Service, entries: Sequence[Entry]) -> None:
    await service.store.record_late([trace_in(entry.body) for entry in entries])


SENDERS: Final = {
    "outcome": _outcomes,
    "event": _events,
    "customer": _customers,
    "decision": _traces,
}
