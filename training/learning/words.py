"""What one entry of the journal says to the learner: what was asked, or what became of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from pydantic import ValidationError

from models.domain import OutcomeKind
from models.lesson import Lesson
from models.outcomes import shown_to_himself

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 4
"""Parts of a logit that odds are told apart in: half of one is an eighth of a logit, up as often as down."""
ANSWERS = ("declined", "deferred", "accepted", "withdrawn")
"""What a customer can say to a proposal. Of two words of one moment the later one here stands."""
FATES = ("kept", "relapsed")
"""What later months say of a yes."""
SENT = ("shown", "spoken")
KINDS: Final = frozenset(get_args(OutcomeKind))


class EntryError(ValueError):
    """What an entry says cannot be understood; the message names the part and what is wrong with it."""


class Entry(NamedTuple):
    """`moment`: when it was written, ms, of which its id in the stream begins; the rest as the stream has it, empty where there is none."""

    moment: int
    kind: str
    id: str
    at: str
    record: str
    lesson: str


class Ask(NamedTuple):
    """What was proposed. `made`: ms; `day`: of 0001-01-01; `himself`: the customer sees it with no agent between; `odds`: logit in STEPS; `taught`: a day or 0."""

    made: int
    day: int
    kind: str
    family: str
    channel: str
    himself: bool
    motive: str
    odds: int
    taught: int


class Word(NamedTuple):
    """What is told of one proposal; `at`: when it happened, ms."""

    kind: str
    at: int
    id: str


Key = tuple[str, str]
"""Decision and action."""


def said(entry: Entry) -> Iterator[tuple[Key, Ask | Word]]:
    """What the entry says of which proposals. Events, and decisions that priced nothing, say nothing.

    Raises:
        EntryError: it was not written by the service, or by one that is newer.
    """
    if entry.kind == "decision" and entry.lesson:
        lesson, made = _lesson(entry.lesson), _moment("at", entry.at)
        for action_id, asked in lesson.asked.items():
            yield (
                (entry.id, action_id),
                Ask(
                    made=in_ms(made),
                    day=made.astimezone(UTC).toordinal(),
                    kind=asked.kind,
                    family=asked.family,
                    channel=lesson.channel,
                    himself=shown_to_himself(lesson.channel, lesson.speaker),
                    motive=lesson.motive or "",
                    odds=round(asked.logit * STEPS),
                    taught=lesson.taught.toordinal() if lesson.taught else 0,
                ),
            )
    elif entry.kind == "outcome" and entry.record:
        told = _told(entry.record)
        at = _moment("record.at", told["at"])
        yield (told["decision_id"], told["action_id"]), Word(told["kind"], in_ms(at), told["outcome_id"])


def _lesson(text: str) -> Lesson:
    try:
        return Lesson.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise EntryError(f"{'.'.join(['lesson', *map(str, first['loc'])])}: {first['msg']}") from None


def _told(text: str) -> dict[str, Any]:
    try:
        told: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise EntryError(f"record: {error}") from None
    for name in ("decision_id", "action_id", "outcome_id", "kind", "at"):
        if not isinstance(told, dict) or not isinstance(told.get(name), str):
            raise EntryError(f"record.{name}: missing, or no text")
    if told["kind"] not in KINDS:
        raise EntryError(f"record.kind: no outcome is called '{told['kind']}'")
    found: dict[str, Any] = told
    return found


def _moment(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise EntryError(f"{name}: {error}") from None


def in_ms(moment: datetime) -> int:
    """Since 1970."""
    return round(moment.timestamp() * 1000)


def day_of(ms: int) -> int:
    """Of 0001-01-01, UTC."""
    return date(1970, 1, 1).toordinal() + ms // 86_400_000
