"""What an action is worth: expected incremental value in euros of contribution margin, at the contact.

Margins are euros a month, paid at month ends; hazards are chances of leaving in a month; N actions, H months.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import fsum, isfinite
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Column = TypeVar("Column", list[float], Floats)
"""A figure of each of N actions. Few are ever priced at once, and numbers are then many times quicker one by one than as arrays."""

TERMS: Final = ("saved", "margin", "lock_in", "organic", "cost", "contact")


@lru_cache(maxsize=64)
def discount_factors(horizon: int, yearly_discount: float) -> Floats:
    """1/(1+d)^t for t = 1..H with d = (1+r)^(1/12) - 1, the same discount by month. Read-only, shape (H,)."""
    if not (horizon >= 1 and 0 <= yearly_discount < np.inf):
        raise ValueError(
            f"value: horizon {horizon} months at a yearly discount of {yearly_discount}: "
            "give at least 1 month and a discount of 0 or more"
        )
    months: Floats = np.arange(1, horizon + 1, dtype=np.float64)
    factors: Floats = np.power(1.0 + yearly_discount, -months / 12)
    factors.flags.writeable = False
    return factors


def present_weights(hazard: Floats, yearly_discount: float, other: Floats | None = None) -> Floats:
    """G(t)/(1+d)^t: what one euro at the end of month t is worth now. G(t) = product of (1 - h). (.., H) -> (.., H).

    `other`: the hazard of other causes, (.., H); the chance to stay is then (1 - h)·(1 - other).
    """
    stays = 1.0 - hazard if other is None else (1.0 - hazard) * (1.0 - other)
    weights: Floats = np.multiply.accumulate(stays, axis=-1)
    weights *= discount_factors(hazard.shape[-1], yearly_discount)
    return weights


def annuity_after(weights: Floats, delay: float) -> float:
    """The present value of one euro a month from `delay` months on; weights (H,). Part of a month pays its part."""
    whole = int(delay)
    rest = weights[whole:].tolist()
    return fsum(rest) - (delay - whole) * rest[0] if rest else 0.0


def share_when_later(weights: Floats, delay: float) -> float:
    """K: annuity after the delay / annuity now, in 0..1; weights (H,) at the hazard of the customer as he is.

    Until he takes it he leaves at the hazard he has now, so the old curve counts. A steady margin without
    lock-in is then exact: taken `delay` months later it earns k of what it earns when taken today.
    """
    now = fsum(weights.tolist())
    return annuity_after(weights, delay) / now if now > 0 else 0.0


def margin_changes(gained: Floats, discount: Floats, months: Floats, horizon: int) -> Floats:
    """Monthly margin change by month: the margin gained, less a discount during its first months. (N,) x3 -> (N, H)."""
    runs = np.arange(1, horizon + 1) <= months[:, None]
    changes: Floats = gained[:, None] - discount[:, None] * runs
    return changes


class Outlook(NamedTuple):
    """The customer when nothing is said.

    Attributes:
        margin: euros a month of the current holdings, discounts included, (H,).
        hazard: monthly chance of leaving by himself, the wish to leave excluded, (H,): what lock-in acts on.
        q0: chance that he leaves now; 0 without a wish to leave.
        yearly_discount: r, as .10.
        delay: months until he takes unasked what he would take unasked; 0 or more, may be a fraction.
        other: monthly chance of leaving for other causes, (H,); None when there are none.
    """

    margin: Floats
    hazard: Floats
    q0: float
    yearly_discount: float
    delay: float
    other: Floats | None = None


def _checked_outlook(outlook: Outlook) -> None:
    margin, hazard, q0, _, delay, other = outlook
    if margin.ndim != 1 or not margin.size or margin.shape != hazard.shape:
        raise ValueError(
            f"outlook: margin {margin.shape} and hazard {hazard.shape}: give one figure a month to both"
        )
    if not np.isfinite(margin).all():
        raise ValueError("outlook: margin is not finite in every month: give euros a month")
    if not (hazard.min() >= 0 and hazard.max() <= 1):
        raise ValueError("outlook: hazard leaves [0, 1]: give the chance of leaving in each month")
    if other is not None and (other.shape != hazard.shape or not (other.min() >= 0 and other.max() <= 1)):
        raise ValueError(
            "outlook: other leaves [0, 1] or its months: give the chance of other causes in each month"
        )
    if not 0 <= q0 <= 1:
        raise ValueError(f"outlook: q0 is {q0}: give the chance of leaving now, in [0, 1]")
    if not 0 <= delay < np.inf:
        raise ValueError(f"outlook: delay is {delay}: give months, 0 or more")


_ANY: Final = 1e9  # euros; more than any customer is worth, and not infinite
_RANGES: Final = {
    "p": (0.0, 1.0),
    "rho": (0.0, 1.0),
    "q1": (0.0, 1.0),
    "hazard_ratio": (0.0, _ANY),
    "cost": (-_ANY, _ANY),
    "wake": (-_ANY, _ANY),
    "contact_cost": (-_ANY, _ANY),
    "organic": (0.0, 1.0),
}


@lru_cache(maxsize=256)
def _bounds(n: int) -> tuple[Floats, Floats]:
    """The lowest and the highest that N actions may have, one figure after another."""
    ranges = _RANGES.values()
    return np.repeat([low for low, _ in ranges], n), np.repeat([high for _, high in ranges], n)


class Options(NamedTuple, Generic[Column]):
    """N actions as they are priced; every column has N figures, margin_change is (N, H).

    Attributes:
        p: chance that he accepts and keeps it, when asked. A price cut given to everyone has p = 1.
        rho: chance that he leaves now after accepting (q after the cut, when given to everyone).
        q1: chance that he leaves now after refusing; q0 where what is refused is no save.
        hazard_ratio: evidenced lock-in, h' = min(1, h · ratio); 1 where there is no evidence.
        cost: C, euros on acceptance.
        wake: W, euros lost because being asked wakes a sleeper; 0 unless measured.
        contact_cost: c, minutes x the price of a minute at this queue load.
        organic: o, chance that he stays and takes it unasked within 90 days; 0 when it sells nothing.
        margin_change: euros a month by month, for the holdings gained and lost and the discount.
    """

    p: Column
    rho: Column
    q1: Column
    hazard_ratio: Column
    cost: Column
    wake: Column
    contact_cost: Column
    organic: Column
    margin_change: Floats


def _checked(options: Options[Floats]) -> None:
    """All figures at once, for this runs in every decision. Raises ValueError, naming the figure and the action."""
    n = options.p.size
    low, high = _bounds(n)
    figures = np.concatenate(options[:-1])
    if figures.shape != low.shape or options.margin_change.shape[:-1] != (n,):
        name, shape = next(
            (name, array.shape)
            for name, array in zip(options._fields, options, strict=True)
            if array.shape[:1] != (n,) or array.ndim != 1 + (name == "margin_change")
        )
        raise ValueError(f"options: {name} has shape {shape}: give a row to each of {n} actions")
    inside = (figures >= low) & (figures <= high)  # NaN fails every comparison
    if not inside.all():
        which, action = divmod(int(inside.argmin()), n)
        name, (least, most) = list(_RANGES.items())[which]
        raise ValueError(
            f"options: {name} of action {action} leaves [{least:g}, {most:g}]: give it in that range"
        )


class Priced(NamedTuple, Generic[Column]):
    """V1 - V0 = M + L: margin change at the new hazard, and what the old margin gains by the new hazard.

    V0 and k are of the customer, the rest by action, N of each; `terms` has each action's in the order of TERMS, unrounded.
    """

    V0: float
    V1: Column
    M: Column
    L: Column
    k: float
    eiv: Column
    terms: list[tuple[float, ...]]


def price(outlook: Outlook, options: Options[Floats]) -> Priced[Floats]:
    """Expected incremental value of each action and its terms (design, section 3). Drops and sorts nothing.

    Raises:
        ValueError: a figure has another shape or leaves its range, or outlook and options do not speak of the same months.
    """
    _checked_outlook(outlook)
    _checked(options)
    p, rho, q1, ratio, cost, wake, contact, organic = [column.tolist() for column in options[:-1]]
    each = Options(p, rho, q1, ratio, cost, wake, contact, organic, options.margin_change)
    V0, V1, M, L, k, eiv, terms = price_each(outlook, each)
    return Priced(V0, np.array(V1), np.array(M), np.array(L), k, np.array(eiv), terms)


def price_each(outlook: Outlook, options: Options[list[float]]) -> Priced[list[float]]:
    """The same for figures known to be in range: from a validated catalogue and models that were judged. Raises ValueError for NaN."""
    if options.margin_change.shape[1] != outlook.margin.size:
        raise ValueError(
            f"options: margin_change has {options.margin_change.shape[1]} months, the outlook {outlook.margin.size}: "
            "give both the same horizon"
        )
    now = present_weights(outlook.hazard, outlook.yearly_discount, outlook.other)
    V0 = float(now @ outlook.margin)
    k = share_when_later(now, outlook.delay)
    M, L = _changes(outlook, options, now)
    q0 = outlook.q0
    terms = [_terms(q0, V0, k, *of_one) for of_one in zip(*options[:-1], M, L, strict=True)]
    worth = list(map(sum, terms))
    if not isfinite(sum(worth)):
        row = list(map(isfinite, worth)).index(False)
        raise ValueError(
            f"options: margin_change of action {row} is not finite in every month: give euros a month"
        )
    V1 = [V0 + gained + held for gained, held in zip(M, L, strict=True)]
    return Priced(V0, V1, M, L, k, worth, terms)


def _changes(outlook: Outlook, options: Options[list[float]], now: Floats) -> tuple[list[float], list[float]]:
    """M and L. Without evidence nobody's hazard changes: the weights are those of now and L is exactly 0."""
    ratio, changes = options.hazard_ratio, options.margin_change
    if ratio.count(1.0) == len(ratio):
        return np.add.reduce(changes * now, axis=1).tolist(), [0.0] * len(ratio)
    hazard = np.minimum(outlook.hazard * np.array(ratio)[:, None], 1.0)
    then = present_weights(hazard, outlook.yearly_discount, outlook.other)
    L = (then - now) @ outlook.margin  # exactly 0 where the ratio is 1, whatever the order of summation
    return np.add.reduce(changes * then, axis=1).tolist(), L.tolist()


def _terms(
    q0: float,
    V0: float,
    k: float,
    p: float,
    rho: float,
    q1: float,
    _ratio: float,
    cost: float,
    wake: float,
    contact: float,
    organic: float,
    M: float,
    L: float,
) -> tuple[float, ...]:
    """Of one action, in the order of TERMS."""
    kept = p * (1.0 - rho)
    return (
        (p * (q1 - rho) + (q0 - q1)) * V0,  # p(q0-rho) + (1-p)(q0-q1), as one product less
        kept * M,
        kept * L,
        organic * (M + L) * -k,
        p * (wake - cost) - wake,
        -contact,
    )


def round_terms(terms: Sequence[float]) -> tuple[list[float], float]:
    """The terms of one action as shown, in whole cents, and `expected`: the sum of the shown ones.

    Summed as whole cents, so that both print with two decimals; zero is never negative.
    """
    cents = [round(term * 100.0) for term in terms]
    return [cent / 100.0 for cent in cents], sum(cents) / 100.0
