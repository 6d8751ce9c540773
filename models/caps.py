"""Caps and re-offer intervals: at most so many within so many days, then closed.

What counts is what the customer heard, took or refused, once for each contact and action. Days are calendar days where the company
is, so that a cap opens at midnight and an agent can name the day. What nobody told of costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from models.catalogue import Catalogue
from models.checks import CONDITION
from models.documents import Problem
from models.domain import Contact, PastOutcome
from models.memo import Memo
from models.outcomes import was_spoken
from models.placeholders import placeholders
from models.policy import Policy
from models.sections.caps import Cap
from models.sections.selector import selects

CAP_NAMES = frozenset({"count", "most", "days", "last", "reopens"})
"""What the reason of a cap may name."""

Place = tuple[int, str]
"""A cap by its number, and which of its counts: of an action, a family, a kind, or the one of all."""
Ages = dict[tuple[str, str], int]
"""By contact and action: days since it last counted."""


@dataclass(frozen=True, slots=True)
class CapStop:
    """A full cap on one action: `count` within `days`, the last of them `last` days ago; it opens on the day `reopens`."""

    cap: str
    count: int
    most: int
    days: int
    last: int
    reopens: date

    @property
    def values(self) -> tuple[tuple[str, int], ...]:
        """The values that decided."""
        return (("count", self.count), ("most", self.most), ("days", self.days), ("last", self.last))


NONE: Mapping[int, tuple[CapStop, ...]] = MappingProxyType({})
NOTHING_SAID: frozenset[str] = frozenset()


class Caps:
    """The caps of a policy with a catalogue. The way out and emergencies have none."""

    def __init__(self, catalogue: Catalogue, policy: Policy) -> None:
        self._caps = tuple(sorted(policy.caps, key=lambda cap: cap.id))
        self._zone = ZoneInfo(policy.timezone)
        self._actions = catalogue.action
        self._names = tuple(action.id for action in catalogue.actions)
        self._rows = _rows(self._caps, catalogue)
        self._counting: Memo[tuple[str | None, ...], tuple[Place, ...]] = Memo(10_000)

    def capped(
        self, outcomes: Sequence[PastOutcome], contact: Contact, now: datetime
    ) -> Mapping[int, tuple[CapStop, ...]]:
        """The full caps of each row of the catalogue that has any, in the order of their ids.

        A proposal that was spoken in this contact may be spoken again in it: the customer hears of nothing new.
        """
        if not self._caps or not outcomes:
            return NONE
        today = now.astimezone(self._zone).date()
        stops: dict[int, list[CapStop]] = {}
        for place, ages in sorted(self._counted(outcomes, now, today).items()):
            cap = self._caps[place[0]]
            channels = cap.applies.channels
            if len(ages) < cap.most or (channels and contact.channel not in channels):
                continue
            full = _stop(cap, ages, ages, today)
            said_now = _said_in(contact, ages) if cap.count == "spoken" else NOTHING_SAID
            for row in self._rows[place]:
                name = self._names[row]
                stop = full if name not in said_now else _again(cap, (contact.contact_id, name), ages, today)
                if stop is not None:
                    stops.setdefault(row, []).append(stop)
        return {row: tuple(found) for row, found in stops.items()}

    def _counted(self, outcomes: Sequence[PastOutcome], now: datetime, today: date) -> dict[Place, Ages]:
        """What counts today, by where it counts. Outcomes after `now` do not, so that an old decision can be decided again."""
        counted: dict[Place, Ages] = {}
        for outcome in outcomes:
            places = self._places(outcome)
            if not places or outcome.at > now:
                continue
            age = (today - outcome.at.astimezone(self._zone).date()).days
            heard = (outcome.contact_id, outcome.action_id)
            for place in places:
                if age < self._caps[place[0]].days:
                    ages = counted.setdefault(place, {})
                    ages[heard] = min(age, ages.get(heard, age))
        return counted

    def _places(self, outcome: PastOutcome) -> tuple[Place, ...]:
        """Where an outcome counts: the same for all outcomes that are alike."""
        alike = (
            outcome.action_id,
            outcome.kind,
            outcome.channel,
            outcome.speaker,
            outcome.reason,
            outcome.family,
            outcome.action_kind,
        )
        known = self._counting.get(alike)
        if known is not None:
            return known
        found = tuple(
            place
            for number, cap in enumerate(self._caps)
            for place in [(number, _key(cap, outcome.action_id, outcome.family, outcome.action_kind))]
            if place in self._rows and _happened(cap, outcome) and self._tells_of(cap, outcome)
        )
        return self._counting.keep(alike, found)

    def _tells_of(self, cap: Cap, outcome: PastOutcome) -> bool:
        """Whether it became of an action the cap speaks of. What has left the catalogue has no purpose any more."""
        wanted = cap.applies
        action = self._actions.get(outcome.action_id)
        return (
            (not wanted.kinds or outcome.action_kind in wanted.kinds)
            and (not wanted.families or outcome.family in wanted.families)
            and (not wanted.actions or outcome.action_id in wanted.actions)
            and (not wanted.purposes or (action is not None and action.purpose in wanted.purposes))
        )


def reopens_on(stops: Iterable[CapStop]) -> date:
    """The first day on which none of these caps stops the action any more, if nothing happens until then."""
    return max(stop.reopens for stop in stops)


def compile_caps(catalogue: Catalogue, policy: Policy) -> tuple[Caps, list[Problem]]:
    """The caps, and all that is wrong with them."""
    caps = Caps(catalogue, policy)
    taken = {CONDITION, *(rule.id for rule in policy.rules)}
    problems = []
    for index, cap in enumerate(policy.caps):
        if cap.id in taken:
            message = f"'{cap.id}' is what a rule is called; give the cap another id"
            problems.append(policy.problem(("caps", index, "id"), message))
        if not _rows((cap,), catalogue):
            message = "speaks of no action; the way out and emergencies are never capped, so correct it or remove the cap"
            problems.append(policy.problem(("caps", index, "for"), message))
        for language, text in cap.reason.items():
            known = ", ".join(f"{{{name}}}" for name in sorted(CAP_NAMES))
            problems += [
                policy.problem(
                    ("caps", index, "reason", language),
                    f"a cap does not know '{{{name}}}'; it can say {known}",
                )
                for name in sorted(placeholders(text) - CAP_NAMES)
            ]
    return caps, problems


def _rows(caps: Sequence[Cap], catalogue: Catalogue) -> dict[Place, tuple[int, ...]]:
    """Which rows of the catalogue each count of each cap can close."""
    rows: dict[Place, tuple[int, ...]] = {}
    for number, cap in enumerate(caps):
        for row, action in enumerate(catalogue.actions):
            if selects(cap.applies, action) and not action.cancels and not action.emergency:
                place = (number, _key(cap, action.id, action.family, action.kind))
                rows[place] = (*rows.get(place, ()), row)
    return rows


def _key(cap: Cap, action_id: str, family: str, kind: str) -> str:
    return {"action": action_id, "family": family, "kind": kind, "all": ""}[cap.per]


def _happened(cap: Cap, outcome: PastOutcome) -> bool:
    if cap.over and outcome.channel not in cap.over:
        return False
    if cap.count == "spoken":
        return was_spoken(outcome)
    return outcome.kind == cap.count and (not cap.reasons or outcome.reason in cap.reasons)


def _said_in(contact: Contact, ages: Ages) -> frozenset[str]:
    """The actions that count because of this contact."""
    return frozenset([action for contact_id, action in ages if contact_id == contact.contact_id])


def _again(cap: Cap, said_now: tuple[str, str], ages: Ages, today: date) -> CapStop | None:
    """What is left of a cap for what was said in this contact: the same words do not count a second time."""
    others = {heard: age for heard, age in ages.items() if heard != said_now}
    return _stop(cap, others, ages, today) if len(others) >= cap.most else None


def _stop(cap: Cap, others: Ages, ages: Ages, today: date) -> CapStop:
    """It opens when the `most`-th youngest is too old to count; on another day, what was said in this contact counts as well."""
    age = sorted(ages.values())[cap.most - 1]
    reopens = today + timedelta(days=cap.days - age)
    return CapStop(cap.id, len(others), cap.most, cap.days, min(others.values()), reopens)
