"""Why the customer wants to leave: the newest word on it in this conversation, else inferred with a probability, else unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

from models.domain import Contact, History, MotiveSource, PastOutcome, SaidBy
from models.features import Floats
from models.outcomes import CONVERSATION
from models.response import Motive
from models.sections.leaving import Leaving

UNKNOWN: Final = Motive()
Figures = TypeVar("Figures", float, Floats)


_moment = attrgetter("at")


class _Word(NamedTuple):
    """A motive that was named, when and by whom; `contact_id` where a contact named it."""

    at: datetime
    value: str
    source: MotiveSource
    contact_id: str | None = None


def known_motive(history: History, contact: Contact, leaving: Leaving, now: datetime) -> Motive:
    """What was said of it: by this contact, by an earlier one of this conversation, or by an outcome; the newest word stands.

    Desktops send the motive with every turn: a contact that repeats its own last word says nothing new, so that a decline that
    gave another reason since moves it on. Motives the policy does not list were never said.
    """
    words = _new(_words(history, leaving, now)) if history.events or history.outcomes else []
    stated = contact.motive
    if stated is not None and stated in leaving.motives:
        own = [word.value for word in words if word.contact_id == contact.contact_id]
        if own[-1:] != [stated]:
            return _certain(stated, said_by(contact))
    if not words:
        return UNKNOWN
    return _certain(words[-1].value, words[-1].source)


@lru_cache(maxsize=256)
def _certain(value: str, source: MotiveSource) -> Motive:
    return Motive(value=value, source=source, probability=1.0)


def said_by(contact: Contact) -> SaidBy:
    """Whose word the contact's motive is: an agent who is named picked it unless the contact says otherwise."""
    return contact.motive_source or ("stated" if contact.agent is None else "picked")


def _words(history: History, leaving: Leaving, now: datetime) -> Iterator[_Word]:
    """Events first: what a decline says counts as later than a word of the same moment."""
    since = now - CONVERSATION
    for event in history.events:
        if event.motive in leaving.motives and event.kind == "contact" and since < event.at <= now:
            yield _Word(event.at, event.motive, event.motive_source or "stated", event.contact_id)
    for outcome in history.outcomes:
        value = _told_by(outcome, leaving)
        if value in leaving.motives and since < outcome.at <= now:
            yield _Word(outcome.at, value, "decline" if outcome.kind == "declined" else "stated")


def _new(words: Iterator[_Word]) -> list[_Word]:
    """In their order, without those in which a contact repeats its own last word: every turn of it is remembered with all it sent."""
    last: dict[str, str] = {}
    found = []
    for word in sorted(words, key=_moment):
        if word.contact_id is None or last.get(word.contact_id) != word.value:
            found.append(word)
        if word.contact_id is not None:
            last[word.contact_id] = word.value
    return found


def _told_by(outcome: PastOutcome, leaving: Leaving) -> str | None:
    """The motive an outcome names, or that the reason for declining a save stands for."""
    if outcome.motive is not None or outcome.kind != "declined" or outcome.action_kind != "save":
        return outcome.motive
    return leaving.declined.get(outcome.reason or "")


def inferred_motive(rows: Iterable[tuple[Motive, int]], holds: Callable[[int], bool]) -> Motive:
    """The motive of the first row whose program holds; unknown when none does."""
    return next((motive for motive, program in rows if holds(program)), UNKNOWN)


def mixed(of_motive: Figures, of_all: Figures, probability: float) -> Figures:
    """A figure when the motive is only probable: what it is for that motive, and for customers of any motive.

    Chances of accepting (N,) and of leaving now alike; the weights are `probability` and 1 - `probability`.
    """
    return probability * of_motive + (1.0 - probability) * of_all
