"""How a fact that a rule reads comes to what it should be: something is stated, something happens, or time passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final, get_args

from models.changes import AT_ONCE, DAYS_A_MONTH, ENDED_BY, RAISED_BY, Question
from models.domain import Channel, Direction
from models.history import fold
from models.holding_otherwise import otherwise
from models.local_time import local_time, local_values
from models.motive import known_motive
from models.wish import confirmed_leaving, voiced_here, voiced_leaving

if TYPE_CHECKING:
    from models.knowledge import Knowledge
    from models.situation import Situation
    from models.solving import Aim, Bound

FARTHEST: Final = 400
"""Days ahead that are still worth naming for what happened to be forgotten; no cap or rule looks back farther."""
FARTHEST_MONTHS: Final = 36
HOURS_A_WEEK: Final = 168
STATED, SPOKEN, AGREED, HAPPENED, WITHDRAWN, WAITED = 1.0, 1.05, 1.1, 1.2, 1.4, 1.5
HELD: Final = 1.3
"""What a step costs: at first the number of changes counts, and among as few, what is said before what must come to be."""


OPEN: Final = "outage_open_hours"


@dataclass(frozen=True, slots=True)
class Step:
    """One path brought to a value, and how far away that is."""

    path: str
    to: Any
    bound: Bound
    cost: float


def steps(aim: Aim, question: Question, situation: Situation, knowledge: Knowledge) -> list[Step]:
    """The ways to get there, each a step of its own; none where nobody can."""
    root, _, name = aim.path.partition(".")
    if aim.path in {"customer.holdings", "customer.families"}:
        found = otherwise(aim, situation.portfolio.held, knowledge.catalogue)
        return [Step("customer.holdings", to, "is", HELD) for to in found]
    if aim.path == "customer.objections" or name.startswith("consents."):
        return _agreed(aim, name, situation)
    if root == "customer" and name in knowledge.policy.facts:
        return _stated(aim, name, question.now, situation, knowledge)
    if root == "contact":
        return _in_contact(aim, name, question, knowledge)
    if root == "history":
        return _happened(aim, name, question, situation, knowledge)
    return []


def wait(days: int, now: datetime) -> Step:
    """So many days pass."""
    return Step("now", (now + timedelta(days=days)).isoformat(), "at_least", WAITED + days / 1000)


def _agreed(aim: Aim, name: str, situation: Situation) -> list[Step]:
    """A consent is given or refused, an objection is made or withdrawn; not while nobody knows what he objects to."""
    if name == "objections":
        if situation.values["customer"]["objections"] is None:
            return []
        to = None if aim.bound == "lacks" else False
        return [Step(f"customer.consents.{aim.value}", to, "is", WITHDRAWN)]
    return [Step(aim.path, aim.value, "is", AGREED)] if aim.bound == "is" else []


def _stated(aim: Aim, name: str, now: datetime, situation: Situation, knowledge: Knowledge) -> list[Step]:
    """A fact that comes to be known or to change; along its clock by waiting, and not at all where it is fixed."""
    spec, current = knowledge.policy.facts[name], situation.facts.get(name)
    candidates: tuple[Any, ...] = (aim.value,)
    if aim.bound == "unknown":
        return []
    if aim.bound in {"known", "is_not", "none_of"}:
        usual: dict[str, tuple[Any, ...]] = {
            "boolean": (False, True),
            "string": spec.values,
            "number": (spec.minimum or 0.0,),
            "integer": (int(spec.minimum or 0),),
        }
        candidates = tuple(value for value in usual.get(spec.type, ()) if aim.met(value))
    elif spec.type in {"number", "integer"}:
        low, high = spec.minimum, spec.maximum
        if (low is not None and aim.value < low) or (high is not None and aim.value > high):
            return []
        if current is not None and spec.clock and (aim.value - current) * spec.clock > 0:
            months = ceil((aim.value - current) / spec.clock)
            return [wait(ceil(months * DAYS_A_MONTH), now)] if months <= FARTHEST_MONTHS else []
    if current is not None and spec.fixed:
        return []
    return [Step(aim.path, value, _bound(aim), STATED) for value in candidates]


def _bound(aim: Aim) -> Bound:
    return aim.bound if aim.bound in {"at_least", "at_most"} else "is"


def _in_contact(aim: Aim, name: str, question: Question, knowledge: Knowledge) -> list[Step]:
    """Another word in this conversation; a wish or a motive of before is forgotten in time."""
    leaving, contact = knowledge.policy.leaving, question.request.contact
    match name:
        case "leaving" | "leaving_here" | "confirmed":
            words = leaving.confirmed if name == "confirmed" else leaving.intents or leaving.confirmed
            if aim.value:
                return [Step("contact.intent", word, "is", SPOKEN) for word in words[:1]]
            if contact.intent in (*leaving.intents, *leaving.confirmed):
                return [Step("contact.leaving", False, "is", SPOKEN)]
            return _in_time(aim, name, question, knowledge)
        case "local_hour" | "local_weekday" | "local_date":
            return _at_another_time(aim, name, question.now, knowledge.policy.timezone)
        case "motive" if aim.bound == "unknown" and contact.motive is None:
            return _in_time(aim, name, question, knowledge)
    to = _words(aim, name, knowledge)
    return [Step(aim.path, value, _bound(aim), SPOKEN + place / 100) for place, value in enumerate(to)]


def _at_another_time(aim: Aim, name: str, now: datetime, timezone: str) -> list[Step]:
    """The next hour of the coming week that will do."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    ahead = (hour + timedelta(hours=hours) for hours in range(1, HOURS_A_WEEK + 1))
    found = next((at for at in ahead if aim.met(local_values(local_time(at, timezone))[name])), None)
    return [] if found is None else [Step("now", found.isoformat(), "at_least", WAITED)]


def _words(aim: Aim, name: str, knowledge: Knowledge) -> tuple[Any, ...]:
    """What could be said instead; what was said is never to be left out."""
    if aim.bound in {"is", "at_least", "at_most"}:
        return (aim.value,) if name != "queue_load" or aim.value >= 0 else ()
    closed: Mapping[str, tuple[str, ...]] = {
        "channel": get_args(Channel),
        "direction": get_args(Direction),
        "motive": knowledge.policy.leaving.motives,
        "subject": knowledge.book.subjects,
    }
    return tuple(word for word in closed.get(name, ()) if aim.met(word))


def _happened(
    aim: Aim, name: str, question: Question, situation: Situation, knowledge: Knowledge
) -> list[Step]:
    """An event that ends it or brings it about; else what happened is forgotten in time. What is not known has no end."""
    if situation.unread:
        return []
    current = situation.values["history"].get(name)
    to: Any = aim.value
    if aim.bound == "holds":
        raised = name in RAISED_BY
        return [Step(aim.path, (*current, to), "is", HAPPENED)] if raised else []
    if aim.bound in {"is", "at_least", "at_most"} and isinstance(to, int | float) and to >= 0:
        if current is None or to > current:
            ready = name in RAISED_BY and (name != "same_subject_30d" or question.request.contact.subject)
            return (
                [Step(aim.path, to, _bound(aim), HAPPENED)]
                if ready
                else _in_time(aim, name, question, knowledge)
            )
        over = name in AT_ONCE and aim.bound == "at_most"
        if name in ENDED_BY and (to == 0 or over or name == "open_complaints"):
            return [
                Step(aim.path, type(current)(0) if name != "open_complaints" else to, _bound(aim), HAPPENED)
            ]
        if name == "hours_since_inbound":
            return [Step(aim.path, 0.0, "at_most", HAPPENED)]
    return _in_time(aim, name, question, knowledge)


def _in_time(aim: Aim, name: str, question: Question, knowledge: Knowledge) -> list[Step]:
    """The first day on which it is so if nothing happens until then; the hours of an outage are forgotten once it is over."""

    def met(days: int) -> bool:
        return aim.met(_at(aim.path, name, question, knowledge, question.now + timedelta(days=days)))

    if not met(FARTHEST):
        running = name == "outage_hours_30d" and _at(aim.path, OPEN, question, knowledge, question.now)
        return [Step(f"history.{OPEN}", 0.0, "at_most", HAPPENED)] if running else []
    first, last = 0, FARTHEST
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if met(middle) else (middle, last)
    return [wait(last, question.now)]


def _at(path: str, name: str, question: Question, knowledge: Knowledge, now: datetime) -> Any:
    """What a fact of history or conversation is at another moment."""
    request, _, history, _ = question
    leaving = knowledge.policy.leaving
    match path:
        case "contact.leaving":
            return voiced_leaving(history, request.contact, leaving, now)
        case "contact.leaving_here":
            return voiced_here(history, request.contact, leaving, now)
        case "contact.confirmed":
            return confirmed_leaving(history, request.contact, leaving, now)
        case "contact.motive":
            return known_motive(history, request.contact, leaving, now).value
        case _:
            return fold(history, request.contact, now).get(name)


def until(day: date, situation: Situation, now: datetime) -> list[Step]:
    """That day comes, if it is still to come."""
    days = (day - situation.today).days
    return [wait(days, now)] if days > 0 else []
