"""`python -m api list`: whom to call, from the customers in the store or in a file, written as a table."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

from pydantic import ValidationError

from api.bodies import parse
from api.connection import StoreAwayError
from api.errors import ProblemError
from api.progress import Progress
from api.resources import opened
from api.settings import SettingsError, read_settings
from api.sheets import ENDINGS, write
from api.vocabulary import check_customer
from models.calling import Call, Caller, Left, NotCalled, best
from models.domain import Channel, Customer, History
from models.lists import compile_lists

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from api.settings import Settings
    from api.store import Store
    from models.knowledge import Knowledge

CHANNELS: tuple[Channel, ...] = get_args(Channel)
Stored = TypeVar("Stored", Customer, History)
Person = tuple[Customer | None, History | None]
"""None for what cannot be read."""
COLUMNS = ("customer_id", "action", "expected", "p_accept", "why", "say", "channel", "decided_at")
LEFT: Mapping[NotCalled, str] = {
    "not_for_this_list": "the list is not about them",
    "nothing_to_call_about": "nothing of the list is proposed",
}
UNREADABLE = "what is stored of them cannot be read"
AT_ONCE = 200
"""Customers read in one round trip, and held at once beside the list itself."""


class Order(NamedTuple):
    """What is asked for. `at` is when the calls will be made; `customers` is a file, or None for everybody stored."""

    mode: str
    limit: int
    out: Path
    channel: Channel
    at: datetime
    customers: Path | None


def run(order: Order) -> int:
    """Write the list; returns the exit code 0.

    Raises:
        SettingsError: no such list, a file that cannot be read or written, or a store that does not answer.
    """
    if order.out.suffix not in ENDINGS:
        raise SettingsError(f"--out: '{order.out}' ends in none of {', '.join(ENDINGS)}; name another file")
    try:
        calls, left = asyncio.run(_chosen(read_settings(), order))
        write(order.out, COLUMNS, [_row(call, order.channel) for call in calls])
    except StoreAwayError as error:
        raise SettingsError(
            f"the store does not answer ({error}); what happened to customers must be known to call them"
        ) from None
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}; name another file") from None
    print(f"{order.out}: {len(calls):,} to call")
    for why, customers in left.most_common():
        print(f"  not called: {customers:>9,}  {why}")
    return 0


async def _chosen(settings: Settings, order: Order) -> tuple[list[Call], Counter[str]]:
    """The calls in order, and how many customers are not called for which reason."""
    left: Counter[str] = Counter()
    progress = Progress("customers considered")
    # By customer: the store may name one twice.
    calls: dict[str, Call] = {}
    async with opened(settings, order.at) as (store, library):
        caller = _caller(library.current, order)
        people = (
            _stored(store) if order.customers is None else _listed(store, order.customers, caller.knowledge)
        )
        async for some in people:
            for customer, history in some:
                _consider(customer, history, caller, calls, left)
            calls = {call.customer_id: call for call in best(calls.values(), order.limit)}
            progress.step(len(some))
    progress.end()
    return list(calls.values()), left


def _caller(knowledge: Knowledge, order: Order) -> Caller:
    lists, _ = compile_lists(knowledge.catalogue, knowledge.policy)
    wanted = lists.by_id.get(order.mode)
    if wanted is None:
        known = ", ".join(lists.by_id) or "none"
        raise SettingsError(f"--mode: no list '{order.mode}'; the policy's lists are: {known}")
    over = wanted.applies.channels
    if over and order.channel not in over:
        raise SettingsError(
            f"--channel: the list '{order.mode}' is called over {', '.join(over)} only; choose one"
        )
    return Caller(knowledge, lists, wanted, order.channel, order.at)


def _consider(
    customer: Customer | None,
    history: History | None,
    caller: Caller,
    calls: dict[str, Call],
    left: Counter[str],
) -> None:
    """Who cannot be read is not called: what is unknown may be an objection."""
    if customer is None or history is None:
        left[UNREADABLE] += 1
        return
    found = caller.consider(customer, history)
    if isinstance(found, Call):
        calls[customer.customer_id] = found
    else:
        left[_why(found)] += 1


def _why(left: Left) -> str:
    return LEFT[left.why] if left.rule is None else f"{LEFT[left.why]}: {left.rule}"


async def _stored(store: Store) -> AsyncIterator[list[Person]]:
    async for names in store.customer_ids():
        for start in range(0, len(names), AT_ONCE):
            found = await store.known(names[start : start + AT_ONCE])
            yield [(_read(Customer, one.customer), _read(History, one.history)) for one in found]


async def _listed(store: Store, file: Path, knowledge: Knowledge) -> AsyncIterator[list[Person]]:
    """The customers of a file as it says they are, with what the store knows has happened to them."""
    with file.open("rb") as lines:
        numbered = enumerate(lines, start=1)
        while some := [_line(file, number, line, knowledge) for number, line in islice(numbered, AT_ONCE)]:
            found = await store.known([customer.customer_id for customer in some])
            yield [(customer, _read(History, one.history)) for customer, one in zip(some, found, strict=True)]


def _line(file: Path, number: int, line: bytes, knowledge: Knowledge) -> Customer:
    try:
        customer = parse(Customer, line)
        check_customer(customer, knowledge.catalogue, knowledge.policy)
    except ProblemError as error:
        raise SettingsError(
            f"{file}:{number}: {error.detail}; write customers as for /v1/customers/bulk"
        ) from None
    return customer


def _read(noun: type[Stored], data: bytes | None) -> Stored | None:
    try:
        return None if data is None else noun.model_validate_json(data)
    except ValidationError:
        return None


def _row(call: Call, channel: str) -> dict[str, Any]:
    proposal, value = call.proposal, call.proposal.value
    return {
        "customer_id": call.customer_id,
        "action": proposal.action_id,
        "expected": None if value is None else value.expected,
        "p_accept": None if value is None else value.p_accept,
        "why": "; ".join(reason.text for reason in proposal.why),
        "say": proposal.say,
        "channel": channel,
        "decided_at": call.decided_at.isoformat(),
    }
