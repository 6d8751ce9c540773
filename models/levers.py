"""Business levers: factors on the value of offers, for a while, in the order of proposals only. What is expected stays the true value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import prod

from models.catalogue import Catalogue
from models.documents import Problem
from models.domain import VALUED, Channel
from models.memo import Memo
from models.policy import Policy
from models.response import LeverUse
from models.sections.levers import Lever
from models.sections.selector import selects

LEAST, MOST = 0.5, 2.0
"""Bounds of what all levers on one action come to."""


@dataclass(frozen=True)
class InForce:
    """The levers of one day over one channel, by row of the catalogue: what they come to, and whose doing it is."""

    factors: Mapping[int, float]
    uses: Mapping[int, tuple[LeverUse, ...]]

    def levered(self, worth: Mapping[int, float]) -> dict[int, float]:
        """The values by which these rows stand: positive ones times their factor, others as they are, so that no sign changes."""
        factors = self.factors
        return {row: value * factors.get(row, 1.0) if value > 0 else value for row, value in worth.items()}

    def used(self, worth: Mapping[int, float], rows: Iterable[int]) -> tuple[LeverUse, ...]:
        """The levers that have a say in the order of these rows."""
        return tuple([use for row in rows if worth[row] > 0 for use in self.uses.get(row, ())])


class Levers:
    """The levers of a policy over the actions of a catalogue."""

    def __init__(self, catalogue: Catalogue, policy: Policy) -> None:
        self._actions = catalogue.actions
        self._rows = tuple((lever, _rows(lever, catalogue)) for lever in policy.levers)
        self._known: Memo[tuple[date, Channel], InForce] = Memo(100)

    def on(self, day: date, channel: Channel) -> InForce | None:
        """What is in force; None when nothing is: a lever past its date does nothing."""
        if not self._rows:
            return None
        key = (day, channel)
        known = self._known.get(key) or self._known.keep(key, self._in_force(day, channel))
        return known if known.uses else None

    def _in_force(self, day: date, channel: Channel) -> InForce:
        uses: dict[int, tuple[LeverUse, ...]] = {}
        for lever, rows in self._rows:
            if _holds(lever, day, channel):
                for row in rows:
                    use = LeverUse(id=lever.id, action_id=self._actions[row].id, factor=lever.factor)
                    uses[row] = (*uses.get(row, ()), use)
        factors = {
            row: min(MOST, max(LEAST, prod(use.factor for use in of_row))) for row, of_row in uses.items()
        }
        return InForce(factors, uses)


def levers_cost(without: Sequence[float], shown: Sequence[float]) -> float:
    """Expected euros given up: true values in the order of no lever and as they are shown, the same number of them.

    How many of the proposals the customer hears is not known; the cost is that of the number that costs the most. So an offer moved
    to the front costs what the first offer is worth less, also when the same offers are shown.
    """
    lost = [one - other for one, other in zip(accumulate(without), accumulate(shown), strict=True)]
    return max(0.0, *lost) if lost else 0.0


def lever_problems(catalogue: Catalogue, policy: Policy) -> list[Problem]:
    """Levers that name what is not there, or that move nothing."""
    families = {action.family for action in catalogue.actions}
    problems: list[Problem] = []
    for index, lever in enumerate(policy.levers):
        place = ("levers", index, "for")
        unknown = [
            policy.problem(
                (*place, key, position), f"the catalogue has no such {what}, '{name}'; correct the name"
            )
            for key, what, known in (
                ("actions", "action", catalogue.action.keys()),
                ("families", "family of actions", families),
            )
            for position, name in enumerate(getattr(lever.applies, key))
            if name not in known
        ]
        problems += unknown
        if not unknown and not _rows(lever, catalogue):
            message = "holds no offer or save, and nothing else has a value to lever; select others or remove the lever"
            problems.append(policy.problem(place, message))
    return problems


def expired_levers(policy: Policy, day: date) -> list[Problem]:
    """Levers that ended before this day. A running service ignores them; whoever changes the policy should clear them away."""
    return [
        policy.problem(
            ("levers", index, "until"),
            f"ended on {lever.until.isoformat()}; remove the lever, or agree a later day with {lever.owner}",
        )
        for index, lever in enumerate(policy.levers)
        if lever.until < day
    ]


def _rows(lever: Lever, catalogue: Catalogue) -> tuple[int, ...]:
    """The rows of the catalogue it speaks of."""
    return tuple(
        row
        for row, action in enumerate(catalogue.actions)
        if action.kind in VALUED and selects(lever.applies, action)
    )


def _holds(lever: Lever, day: date, channel: Channel) -> bool:
    started = lever.starts is None or lever.starts <= day
    return started and day <= lever.until and channel in (lever.applies.channels or (channel,))
