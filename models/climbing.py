"""The saves of someone who is leaving, on the ladder: what each is worth said first, and what is said after it."""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub
from typing import NamedTuple

from models.ladder import CANDIDATES, WITHIN, Plan, Saves, ladder
from models.policy import Policy
from models.pricing import Forecast, PricedActions


class Stakes(NamedTuple):
    """What the actions at these rows of the catalogue are worth, and all that a ladder of them is counted by.

    q0 before any refusal, q1 after the first one where that is learned. `goes_on`: the chance that a second one is spoken.
    """

    rows: tuple[int, ...]
    eiv: list[float]
    saves: Saves
    V0: float
    q0: float
    q1: float | None = None
    goes_on: float = 1.0


def stakes_of(priced: PricedActions, forecast: Forecast) -> Stakes:
    """From prices, and what the budget makes of them."""
    options, V1 = priced.options, priced.priced.V1
    if priced.burden is not None:
        V1 = list(map(sub, V1, priced.burden))
    saves = Saves(options.p, options.rho, V1, options.cost, options.contact_cost)
    return Stakes(
        priced.index,
        priced.paced,
        saves,
        priced.priced.V0,
        forecast.leaves_first,
        forecast.leaves_refused,
        forecast.goes_on,
    )


def climb(
    rows: Sequence[int], stakes: Stakes, refused: int, left: int, policy: Policy, within: float = WITHIN
) -> list[int]:
    """These saves in ladder order: what to say now, and what to say after a refusal. The four with the highest value climb it.

    `within` so many euros of the best the cheapest goes first.
    """
    if not rows:
        return []
    best, plan = _planned(rows, stakes, refused, left, policy, within)
    return [best[position] for position in plan.order]


def climb_from(
    first: int,
    rows: Sequence[int],
    stakes: Stakes,
    refused: int,
    left: int,
    policy: Policy,
    within: float = WITHIN,
) -> list[int]:
    """The same where it is settled which of them comes first."""
    rest = [row for row in rows if row != first]
    return [first, *climb(rest, stakes, refused + 1, left - 1, policy, within)]


def said_first(
    rows: Sequence[int], stakes: Stakes, refused: int, left: int, policy: Policy
) -> dict[int, float]:
    """Of those on the ladder, what each is worth when it is said now and the best after it: euros above saying no more."""
    best, plan = _planned(rows, stakes, refused, left, policy)
    return dict(zip(best, [value - plan.stop for value in plan.first], strict=True))


def _planned(
    rows: Sequence[int], stakes: Stakes, refused: int, left: int, policy: Policy, within: float = WITHIN
) -> tuple[list[int], Plan]:
    at = {row: position for position, row in enumerate(stakes.rows)}
    worth = stakes.eiv
    best = sorted(rows, key=lambda row: -worth[at[row]])[:CANDIDATES]
    places = [at[row] for row in best]
    plan = ladder(
        Saves(*[[column[place] for place in places] for column in stakes.saves]),
        V0=stakes.V0,
        q0=stakes.q0,
        fatigue=policy.leaving.fatigue,
        refused=refused,
        rounds=min(refused, policy.leaving.rounds) + left,
        q1=stakes.q1,
        goes_on=stakes.goes_on,
        within=within,
    )
    return best, plan
