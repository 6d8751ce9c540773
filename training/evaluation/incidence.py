"""Who was lost for which cause after so many months: the cumulative incidence of Aalen and Johansen, with its interval.

One minus Kaplan and Meier's curve of one cause alone, the others being only not seen any longer, would say how many that cause would take in a world
without the others. Here each cause takes of who is still there, so that the incidences of all causes and the survival curve add up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from training.evaluation.survival import kaplan_meier

if TYPE_CHECKING:
    import polars as pl

    from models.features import Floats
    from training.evaluation.survival import Ints


@dataclass(frozen=True)
class Incidence:
    """Month 0 to the last anybody was watched in, (T + 1,) each: the share lost for this cause by the end of the month, its interval, and how many in it."""

    share: Floats
    low: Floats
    high: Floats
    lost: Ints


def aalen_johansen(end: Ints, cause: Ints, causes: int, *, level: float = 0.95) -> list[Incidence]:
    """Aalen and Johansen (1978), of each of `causes` causes: sum of share still here · lost / at risk.

    `end` (n,): the last month watched, counted from 1; `cause` (n,): for which he was lost in it, from 0, or -1 for who is only not seen any longer.
    The variance is that of the delta method (Marubini and Valsecchi 1995, 10.12), the interval is on ln(-ln share), which stays within 0 and 1.

    Raises:
        ValueError: nobody, or a month below 1.
    """
    whole = kaplan_meier(end, cause >= 0)
    months = len(whole.share)
    here = np.r_[1.0, whole.share[:-1]]
    n, d = np.maximum(whole.at_risk, 1).astype(np.float64), whole.left.astype(np.float64)
    all_gone = n == d
    ended = np.where(all_gone, 0.0, d / (n * np.where(all_gone, 1.0, n - d)))
    found = []
    for which in range(causes):
        lost = np.bincount(end[cause == which], minlength=months)[:months]
        own = lost / n
        share = np.add.accumulate(here * own)
        ahead = np.tril(share[:, None] - share)  # (month, earlier month): what came between
        until = np.tril(np.ones((months, months)))
        variance = (
            ahead**2 @ ended + until @ (here**2 * own * (1.0 - own) / n) - 2.0 * ahead @ (here * own / n)
        )
        found.append(_with_interval(share, np.sqrt(np.maximum(variance, 0.0)), lost, level))
    return found


def _with_interval(share: Floats, error: Floats, lost: Ints, level: float) -> Incidence:
    certain = (share <= 0.0) | (share >= 1.0)  # nobody or everybody: the formula says nothing
    inner = np.where(certain, 0.5, share)
    reach = norm.ppf(0.5 + level / 2.0) * error / (inner * np.log(inner))
    low, high = inner ** np.exp(-reach), inner ** np.exp(reach)
    return Incidence(share, np.where(certain, share, low), np.where(certain, share, high), lost)


def incidence_of(
    spells: pl.DataFrame, causes: tuple[str, ...], *, level: float = 0.95
) -> dict[str, Incidence]:
    """Of each cause, from the rows of `training.evaluation.survival.watched` with their causes."""
    number = {cause: place for place, cause in enumerate(causes)}
    told = np.array([number.get(cause, -1) for cause in spells["cause"].to_list()])
    found = aalen_johansen(spells["months"].to_numpy(), told, len(causes), level=level)
    return dict(zip(causes, found, strict=True))
