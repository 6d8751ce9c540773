"""What an arm has more than the control: a difference of means or of ratios, with its interval for one look and the sequence for any.

Welch's t when every unit is by itself. Where units come in clusters (customers of one agent), errors of a cluster are added before they
are squared, over both arms, as one agent may serve either (CR1, as in Cameron and Miller 2015), and t has as many degrees of freedom as clusters less one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtr, stdtrit

from training.evaluation.confidence_sequence import PLANNED, p_any_time, times_error
from training.evaluation.cuped import filled, theta
from training.evaluation.linearised import linearised

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Floats

    Flags = npt.NDArray[np.bool_]
    Indices = npt.NDArray[np.intp]

LEVEL: Final = 0.95
FEWEST: Final = 30
"""Units in either arm (of a ratio: with something to divide by) from which on an error is worth looking at: mean and spread are taken to be normal."""
MOST_SKEW: Final = 0.15
"""Of the difference, were both arms alike: with more of it the smaller arm does not show yet how much it varies.

Five of a hundred customers in an arm and two of a hundred who leave: none of sixty left, so that arm is all sure, and the difference too.
"""


@dataclass(frozen=True)
class Outcomes:
    """n units: `numerator` (n,); `denominator` (n,) of a ratio; `covariates` (n, k) from before, NaN where unknown; `clusters` (n,) numbers from 0."""

    numerator: Floats
    denominator: Floats | None = None
    covariates: Floats | None = None
    clusters: Indices | None = None

    def take(self, rows: Indices | Flags) -> Outcomes:
        """Some of the units."""
        columns = (self.numerator, self.denominator, self.covariates, self.clusters)
        return Outcomes(*(None if column is None else column[rows] for column in columns))  # type: ignore[arg-type]  # the first is none of the optional ones


@dataclass(frozen=True)
class Difference:
    """Of a treatment less the control.

    `control`, `treatment`: the figures, adjusted by CUPED where there are covariates; n of each. `low` to `high` and `p`: for one look
    at an end fixed before. `any_low` to `any_high` and `p_any_time`: for any number of looks. `reduction`: the share of the variance
    that CUPED took away, None without covariates.
    """

    control: float
    treatment: float
    n_control: int
    n_treatment: int
    estimate: float
    error: float
    low: float
    high: float
    p: float
    any_low: float
    any_high: float
    p_any_time: float
    reduction: float | None = None


def difference(
    outcomes: Outcomes, treated: Flags, *, level: float = LEVEL, planned: float = PLANNED
) -> Difference | None:
    """None where an arm has fewer than FEWEST units that count, or the difference is skewed by more than MOST_SKEW.

    `treated` (n,): who is in the arm; all others are the control. `level` of the intervals; `planned` units are where the sequence is tightest.
    """
    arms = (np.flatnonzero(~treated), np.flatnonzero(treated))
    sizes = [len(rows) for rows in arms]
    total = outcomes.denominator
    counting = sizes if total is None else [int(np.count_nonzero(total[rows])) for rows in arms]
    if min(counting) < FEWEST:
        return None
    plain = [_of(outcomes, rows, None) for rows in arms]
    best, reduction = plain, None
    if outcomes.covariates is not None:
        known = filled(outcomes.covariates)
        weights = theta(linearised(outcomes.numerator, total).influence, known)
        best = [_of(outcomes, rows, (known - known.mean(axis=0)) @ weights) for rows in arms]
        reduction = (
            1.0 - (_spread(outcomes, arms, best)[0] / max(_spread(outcomes, arms, plain)[0], 1e-300)) ** 2
        )
    if _skew([influence for _, influence in best]) > MOST_SKEW:
        return None
    error, freedom = _spread(outcomes, arms, best)
    estimate = best[1][0] - best[0][0]
    alpha = 1.0 - level
    reach = float(stdtrit(freedom, 1.0 - alpha / 2.0)) * error
    ever = times_error(sum(sizes), alpha, planned) * error
    return Difference(
        control=best[0][0], treatment=best[1][0], n_control=sizes[0], n_treatment=sizes[1],
        estimate=estimate, error=error, low=estimate - reach, high=estimate + reach,
        p=_p(estimate, error, freedom), any_low=estimate - ever, any_high=estimate + ever,
        p_any_time=p_any_time(estimate, error, sum(sizes), alpha, planned), reduction=reduction,
    )  # fmt: skip


def _of(outcomes: Outcomes, rows: Indices, foretold: Floats | None) -> tuple[float, Floats]:
    """The figure of one arm and the influences of its units, less what was `foretold` (n,) of all units."""
    taken = outcomes.take(rows)
    value, influence = linearised(taken.numerator, taken.denominator)
    if foretold is None:
        return value, influence
    mean = float(foretold[rows].mean())
    return value - mean, influence - (foretold[rows] - mean)


def _skew(influences: list[Floats]) -> float:
    """Of the difference of two means whose units vary as all of them together do; 0 where the arms are of one size, as tails cancel."""
    together = np.concatenate(influences)
    variance = float((together**2).mean())
    if variance == 0.0:
        return 0.0
    one, other = (1.0 / len(influence) for influence in influences)
    of_one = float((together**3).mean()) / float(variance**1.5)
    return abs(of_one * (one**2 - other**2)) / float((one + other) ** 1.5)


def _spread(
    outcomes: Outcomes, arms: tuple[Indices, Indices], found: list[tuple[float, Floats]]
) -> tuple[float, float]:
    """The standard error of the difference, and its degrees of freedom."""
    if outcomes.clusters is not None:
        return _clustered(outcomes.clusters, arms, found)
    parts = [float(influence.var(ddof=1)) / len(influence) for _, influence in found]
    squares = [part**2 / (len(influence) - 1) for part, (_, influence) in zip(parts, found, strict=True)]
    freedom = sum(parts) ** 2 / sum(squares) if sum(squares) > 0.0 else float(len(outcomes.numerator) - 2)
    return sqrt(sum(parts)), freedom


def _clustered(
    clusters: Indices, arms: tuple[Indices, Indices], found: list[tuple[float, Floats]]
) -> tuple[float, float]:
    signed = [
        sign * influence / len(influence) for sign, (_, influence) in zip((-1.0, 1.0), found, strict=True)
    ]
    _, index = np.unique(clusters[np.concatenate(arms)], return_inverse=True)
    sums = np.bincount(index, weights=np.concatenate(signed))
    groups, n = len(sums), len(index)
    if groups < 2:
        return float("inf"), 1.0
    variance = float((sums**2).sum()) * groups / (groups - 1) * (n - 1) / (n - 2)
    return sqrt(variance), float(groups - 1)


def _p(estimate: float, error: float, freedom: float) -> float:
    if error == 0.0:
        return 1.0 if estimate == 0.0 else 0.0
    return float(2.0 * stdtr(freedom, -abs(estimate) / error))
