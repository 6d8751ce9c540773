"""Who calls next at the demo desk, and what about: a believable mixture, the same for the same number and the same customers.

What somebody calls about is read from his own history where it says so: an open complaint, an outage, a product looked at. Who wants
to leave is, where one is found soon, somebody who can be kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from models.decision import decide
from models.domain import Contact, DecisionRequest, Id, Noun, Word
from models.history import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from models.domain import Customer, History
    from models.knowledge import Knowledge

About = Literal["leaving", "bill", "payment", "complaint", "outage", "interest"]
ABOUT: Final[tuple[About, ...]] = get_args(About)
MIX: Final[tuple[About, ...]] = (
    "leaving",
    "complaint",
    "bill",
    "leaving",
    "interest",
    "payment",
    "leaving",
    "outage",
)
"""The order in which calls come, again and again."""
LOADS: Final = (0.4, 0.7, 0.5, 0.9, 1.1)
"""How busy the other agents are, in turn."""
TRIED: Final = 8
"""Leavers who are looked at for one who can be kept."""
QUIET: Final = Contact(contact_id="next-call", channel="voice")


class Call(Noun):
    """A call that comes in. `motive` is what a leaver answers when asked why; `product_id` what an interested customer looked at."""

    number: int
    about: About
    customer_id: Id
    intent: Word
    subject: Word | None = None
    product_id: Id | None = None
    motive: Word | None = None
    queue_load: float


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who may call; `counts` is his history folded at this moment."""

    customer: Customer
    history: History
    counts: Mapping[str, Any]


def person(customer: Customer, history: History, now: datetime) -> Person:
    return Person(customer, history, fold(history, QUIET, now))


def next_call(
    people: Sequence[Person], knowledge: Knowledge, now: datetime, number: int, about: About | None = None
) -> Call | None:
    """The call with this number, about one thing when it is wished; None when nobody there can call."""
    mixed = MIX[number % len(MIX)]
    wanted = about or mixed
    for kind in (wanted, *(other for other in ABOUT if other != wanted)):
        callers = [who for who in people if FITS[kind](who)]
        if callers:
            turn = _turn(number, kind) if about is None and kind == mixed else number
            start = turn % len(callers)
            return _call([*callers[start:], *callers[:start]], kind, knowledge, now, number, turn)
    return None


def sampled(names: Iterable[str], most: int) -> list[str]:
    """So many of them, chosen by the hashes of their ids: the same few in whatever order they come."""
    return sorted(set(names), key=lambda name: hashlib.blake2b(name.encode(), digest_size=8).digest())[:most]


def _turn(number: int, kind: About) -> int:
    """How many calls about this came before."""
    rounds, place = divmod(number, len(MIX))
    return rounds * MIX.count(kind) + MIX[:place].count(kind)


def _call(
    callers: Sequence[Person], about: About, knowledge: Knowledge, now: datetime, number: int, turn: int
) -> Call:
    who, motive = callers[0], None
    intent, subject = INTENT[about]
    if about == "leaving":
        leaving = knowledge.policy.leaving
        intent = next(iter(leaving.intents), intent)
        motive = leaving.motives[turn % len(leaving.motives)] if leaving.motives else None
        contact = QUIET.model_copy(update={"intent": intent, "motive": motive})
        who = next((one for one in callers[:TRIED] if _can_be_kept(one, contact, knowledge, now)), who)
    return Call(
        number=number,
        about=about,
        customer_id=who.customer.customer_id,
        intent=intent,
        subject=_subject(who, about) or subject,
        product_id=who.counts["interests_14d"][-1] if about == "interest" else None,
        motive=motive,
        queue_load=LOADS[number % len(LOADS)],
    )


def _can_be_kept(who: Person, contact: Contact, knowledge: Knowledge, now: datetime) -> bool:
    """Whether a save would be the first thing to say once he told why."""
    asked = DecisionRequest(customer_id=who.customer.customer_id, contact=contact)
    made = decide(asked, who.customer, who.history, knowledge, now=now, decision_id=contact.contact_id)
    return bool(made.proposals) and made.proposals[0].kind == "save"


def _subject(who: Person, about: About) -> str | None:
    """What the trouble is about, as it was told last."""
    kinds = {"complaint": "complaint_opened", "outage": "outage"}
    told = [event.subject for event in who.history.events if event.kind == kinds.get(about)]
    return told[-1] if told else None


INTENT: Final[Mapping[About, tuple[str, str | None]]] = {
    "leaving": ("cancel", None),
    "bill": ("billing", "bill"),
    "payment": ("payment", "bill"),
    "complaint": ("complaint", None),
    "outage": ("fault", "internet"),
    "interest": ("interest", None),
}
"""Intent and subject of a call, where neither the policy nor the history has a word for it."""


def _calm(who: Person) -> bool:
    """Nothing to repair first, and nobody spoke with him lately."""
    counts = who.counts
    troubles = ("open_complaints", "overdue_promises", "outage_open_hours", "outage_hours_30d", "unpaid")
    return bool(who.customer.holdings) and counts["contacts_7d"] == 1 and not any(counts[t] for t in troubles)


FITS: Final[Mapping[About, Callable[[Person], bool]]] = {
    "leaving": lambda who: _calm(who) and len(who.customer.holdings) > 1,
    "bill": _calm,
    "payment": lambda who: who.counts["unpaid"] > 0,
    "complaint": lambda who: who.counts["open_complaints"] > 0,
    "outage": lambda who: who.counts["outage_open_hours"] + who.counts["outage_hours_30d"] > 0,
    "interest": lambda who: _calm(who) and bool(who.counts["interests_14d"]),
}
"""Who can call about what; the last resort is told by the order of `ABOUT`."""
