"""The save ladder: which save-offer first, which after a refusal, and when to stop asking."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from models.acceptance import leaves_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.domain import Ladder

ROUNDS: Final = 2  # offers a conversation has at most, whatever the policy says
CANDIDATES: Final = 4
WITHIN: Final = 1.0  # euros in which the cheaper offer goes first
ORDERS: Final[dict[Ladder, float]] = {"exact": WITHIN, "cheap-first": inf, "value-first": 0.0}
"""The same for each way to order the saves."""


class Saves(NamedTuple):
    """Candidates not yet refused, n of each: chance of acceptance, of leaving after it, value, cost, price of the talk."""

    alpha: list[float]
    rho: list[float]
    V1: list[float]
    cost: list[float]
    contact_cost: list[float]


class Plan(NamedTuple):
    """What to offer and what it is worth.

    Attributes:
        order: candidates as they are to be offered, the next only after a refusal; empty when stopping is best.
        value: U(D), euros, of the best order there is.
        stop: euros when nothing more is offered.
        first: euros of offering each candidate now and going on in the best way; empty when no round is left.
    """

    order: tuple[int, ...]
    value: float
    stop: float
    first: tuple[float, ...]


def ladder(
    saves: Saves,
    *,
    V0: float,
    q0: float,
    fatigue: float,
    refused: int = 0,
    rounds: int = ROUNDS,
    q1: float | None = None,
    goes_on: float = 1.0,
    within: float = WITHIN,
) -> Plan:
    """U(D) of design section 3, enumerated exactly; `refused` is |D|, spoken and not accepted in this conversation.

    `rounds` is how many offers a conversation has in all, 0 to 2: none is counted on that may not be made. `q1` is the chance of leaving
    after the first refusal where that is learned; without it q0·f. `goes_on` is the chance that a second offer, when it is meant to be made, is made:

        U(D) = max(stop, alpha·[(1-rho)·V1 - C] + (1-alpha)·[g·U(D + k) + (1-g)·stop(D + k)] - c)

    An agent may leave it at the first; what should come first may then not count on the second.

    Among the candidates `within` so many euros of the best, and better than stopping, the cheapest goes first: the one that gives
    away least when accepted, C + max(0, V0 - V1). The rule holds at every round by itself, so what stands second is what
    stands first once the first is refused; an order may so be worth up to `within` a round less than `value`.

    Raises:
        ValueError: more than four candidates, figures missing or not finite, or a fatigue, `refused` or `rounds` that cannot be.
    """
    _check(saves, (V0, q0 if q1 is None else q0 + q1, fatigue), refused, rounds)
    alpha, _, V1, cost, _ = saves
    n = len(alpha)
    stop = [(1.0 - leaves_after(q0, fatigue, d, q1)) * V0 for d in range(refused, max(refused, rounds) + 1)]
    if refused >= rounds:
        return Plan((), stop[0], stop[0], ())
    won = [a * ((1.0 - r) * v - c) - t for a, r, v, c, t in zip(*saves, strict=True)]
    given = [c + max(0.0, V0 - v) for c, v in zip(cost, V1, strict=True)]
    first = last = [w + (1.0 - a) * stop[-1] for w, a in zip(won, alpha, strict=True)]
    two_rounds = refused + 1 < rounds
    if two_rounds:
        second = [max([stop[1], *last[:i], *last[i + 1 :]]) for i in range(n)]
        second = [stop[1] + goes_on * (worth - stop[1]) for worth in second]
        first = [w + (1.0 - a) * s for w, a, s in zip(won, alpha, second, strict=True)]
    order = _cheapest_near_best(first, stop[0], given, range(n), within)
    if order and two_rounds:
        order += _cheapest_near_best(last, stop[1], given, [i for i in range(n) if i not in order], within)
    return Plan(order, max([stop[0], *first]), stop[0], tuple(first))


def _cheapest_near_best(
    worth: list[float], stop: float, given: list[float], left: Iterable[int], within: float
) -> tuple[int, ...]:
    better = [i for i in left if worth[i] > stop]
    if len(better) < 2:
        return tuple(better)
    best = max(worth[i] for i in better)
    near = [i for i in better if worth[i] >= best - within]
    return (min(near, key=lambda i: (given[i], -worth[i], i)),)


def _check(
    columns: Sequence[list[float]], scalars: tuple[float, float, float], refused: int, rounds: int
) -> None:
    if len({len(column) for column in columns}) != 1:
        raise ValueError(
            f"ladder: {[len(column) for column in columns]} figures: give every candidate all five"
        )
    if len(columns[0]) > CANDIDATES:
        raise ValueError(
            f"ladder: {len(columns[0])} candidates: keep the {CANDIDATES} with the highest expected value"
        )
    if not isfinite(sum(map(sum, columns)) + sum(scalars)):
        raise ValueError("ladder: a figure is not finite: price the candidates first")
    if refused < 0 or scalars[2] <= 0:
        raise ValueError(
            f"ladder: refused {refused}, fatigue {scalars[2]}: give a count from 0 and a positive factor"
        )
    if not 0 <= rounds <= ROUNDS:
        raise ValueError(f"ladder: {rounds} rounds: a conversation has 0 to {ROUNDS}")
