"""A budget as a price: an action is worth having while its value exceeds what it spends times the shadow price of a euro spent.

With value v >= 0 and spending c >= 0 of alternatives of which one at most is taken for each customer, the best plan within a budget B maximises
v - lambda·c for each, with the smallest lambda at which the plan spends no more than B: Lagrange's multiplier of the relaxed problem,
in which a customer may be approached in part. What is then left of the budget is less than one customer's spending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.value import Floats

NOTHING = -1


class Plan(NamedTuple):
    """`price`: what a euro more of budget would earn, 0 when there is enough. `chosen` (n,): an alternative, or NOTHING. `spends`: euros."""

    price: float
    chosen: npt.NDArray[np.intp]
    spends: float


def shadow_price(values: Floats, costs: Floats, budget: float) -> Plan:
    """The plan of the highest value within the budget. `values`, `costs` (n, alternatives), euros; -inf for what is not possible.

    Exact for the relaxed problem: along each customer's concave frontier from nothing to his most valuable alternative every step
    earns so much a euro, and the steps are taken in falling order until the next one would overspend.

    Raises:
        ValueError: shapes that differ, a negative or missing cost, or a negative budget.
    """
    if values.shape != costs.shape or values.ndim != 2:
        raise ValueError(f"budget: values {values.shape} and costs {costs.shape}: give one table of each")
    if not (costs >= 0.0).all() or not budget >= 0.0:
        raise ValueError("budget: costs and the budget must be 0 or more")
    who, alternative, gain, cost = _steps(values, costs)
    rate = np.divide(gain, cost, out=np.full(len(gain), np.inf), where=cost > 0.0)
    order = np.argsort(-rate, kind="stable")  # a customer's own steps fall already, and stay in their order
    spent = np.cumsum(cost[order])
    enough = int(np.searchsorted(spent, budget + 1e-9, side="right"))
    chosen = np.full(len(values), NOTHING)
    taken = order[:enough]
    chosen[who[taken]] = alternative[taken]  # of equal places the last one stands: the highest step
    price = float(rate[order[enough]]) if enough < len(order) else 0.0
    return Plan(price, chosen, float(spent[enough - 1]) if enough else 0.0)


def _steps(
    values: Floats, costs: Floats
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats, Floats]:
    """Customer, alternative reached, value gained and euros spent by each step of the frontiers."""
    who, alternative, gain, cost = [], [], [], []
    for customer, (value, spends) in enumerate(zip(values.tolist(), costs.tolist(), strict=True)):
        for place, up, more in _frontier(value, spends):
            who.append(customer)
            alternative.append(place)
            gain.append(up)
            cost.append(more)
    return np.array(who, dtype=np.intp), np.array(alternative, dtype=np.intp), np.array(gain), np.array(cost)


def _frontier(values: list[float], costs: list[float]) -> list[tuple[int, float, float]]:
    """(alternative, value gained, euros more) of each corner of the concave hull that begins with nothing, in order."""
    steps: list[tuple[int, float, float]] = []
    value, cost = 0.0, 0.0
    while True:
        better = [place for place, worth in enumerate(values) if worth > value]
        if not better:
            return steps
        free = [place for place in better if costs[place] <= cost]
        best = (
            max(free, key=lambda place: values[place])
            if free
            else max(
                better, key=lambda place: ((values[place] - value) / (costs[place] - cost), values[place])
            )
        )
        steps.append((best, values[best] - value, max(0.0, costs[best] - cost)))
        value, cost = values[best], costs[best]
