"""Who is still here after so many months: the Kaplan-Meier curve with its interval, by segment, beside what a model expects.

Months are counted, not dated: a customer is watched from `start` (months since time began for him) and was last seen at the end of month `end`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import norm

from models.causes import VOLUNTARY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from models.causes import Cause
    from models.features import Floats

Ints = npt.NDArray[np.int64]

WATCHED = ("customer_id", "cohort", "months", "left")


@dataclass(frozen=True)
class Survival:
    """Month 0 to the last month anybody was watched in, (T + 1,) each.

    `share`: still here at the end of the month, between `low` and `high` by the interval; `at_risk`: watched during the month, `left`: left
    in it (month 0: all who were watched from the beginning, and nobody). A month nobody was watched in ends the curve.
    """

    share: Floats
    low: Floats
    high: Floats
    at_risk: Ints
    left: Ints


def kaplan_meier(
    end: Ints, left: npt.NDArray[np.bool_], start: Ints | None = None, *, level: float = 0.95
) -> Survival:
    """Kaplan and Meier (1958), product of 1 - left/at risk; interval by Greenwood's variance on ln(-ln share), which stays within 0 and 1.

    `end` (n,): the last month watched, counted from 1; `left` (n,): whether he left in it, else he is only not seen any longer.
    `start` (n,): months that had passed when watching began, 0 where not given: those are no evidence for him, as he could not have left in them.

    Raises:
        ValueError: nobody, or somebody whose watching ends before it begins.
    """
    start = np.zeros_like(end) if start is None else start
    if not end.size or not ((start >= 0) & (end > start)).all():
        raise ValueError("survival: give at least one customer, each watched for at least one month")
    months = int(end.max()) + 1
    entered = np.cumsum(np.bincount(start + 1, minlength=months)[:months])
    gone = np.concatenate([[0], np.cumsum(np.bincount(end, minlength=months))[:-1]])
    at_risk, leavers = entered - gone, np.bincount(end[left], minlength=months)
    empty = np.flatnonzero((at_risk == 0)[1:])
    last = int(empty[0]) + 1 if empty.size else months
    at_risk, leavers = at_risk[:last], leavers[:last]
    at_risk[0] = (start == 0).sum()
    return _with_interval(at_risk, leavers, level)


def _with_interval(at_risk: Ints, left: Ints, level: float) -> Survival:
    n, d = np.maximum(at_risk, 1).astype(np.float64), left.astype(np.float64)
    share: Floats = np.multiply.accumulate(1.0 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(d / (n * (n - d)))) / np.log(share)  # Greenwood, of ln(-ln share)
        reach = norm.ppf(0.5 + level / 2.0) * spread
        low, high = share ** np.exp(-reach), share ** np.exp(reach)
    certain = (share == 1.0) | (share == 0.0)  # nobody or everybody left: the formula says nothing
    return Survival(share, np.where(certain, share, low), np.where(certain, share, high), at_risk, left)


def watched(
    customers: pl.DataFrame,
    *,
    other_causes: Collection[str] = (),
    segment: str | None = None,
    causes: Mapping[Cause, Collection[str]] | None = None,
) -> pl.DataFrame:
    """One row a customer of the customers table: customer_id, cohort (his first month), months, left, and the segment's value in that month.

    He is watched up to the month in which he left, or to the last before one that has no row or does not say how it ended. Who left for
    one of `other_causes` is only not seen any longer. With `causes` (cause -> motives) a column `cause` says for which a customer was lost, `voluntary` where
    it is none of them, null for who was not. No row for who was not watched for a month, and none where nobody knows who left.
    """
    if "churned" not in customers.columns:
        return pl.DataFrame(
            schema=dict(zip(WATCHED, (pl.String, pl.Date, pl.Int64, pl.Boolean), strict=True))
        )
    otherwise = pl.lit(value=False)
    if "churn_motive" in customers.columns:
        otherwise = pl.col("churn_motive").is_in(list(other_causes)).fill_null(value=False)
    number = pl.col("month").dt.year().cast(pl.Int64) * 12 + pl.col("month").dt.month()
    here = ~pl.col("churned").shift(1, fill_value=False) & pl.col("churned").is_not_null()
    in_step = number - number.first() == pl.int_range(pl.len())
    rows = customers.sort("customer_id", "month").filter(
        (here & in_step).fill_null(value=False).cast(pl.Int8).cum_min().over("customer_id") == 1
    )
    return rows.group_by("customer_id", maintain_order=True).agg(
        cohort=pl.col("month").first(),
        months=pl.len().cast(pl.Int64),
        left=(pl.col("churned") & ~otherwise).last(),
        **({} if causes is None else {"cause": _cause(customers, causes)}),
        **({} if segment is None else {"segment": pl.col(segment).first()}),
    )


def _cause(customers: pl.DataFrame, causes: Mapping[Cause, Collection[str]]) -> pl.Expr:
    """For which a customer was lost in the last of his months."""
    told: pl.Expr = pl.lit(VOLUNTARY)
    if "churn_motive" in customers.columns:
        for cause, words in causes.items():
            told = pl.when(pl.col("churn_motive").is_in(list(words))).then(pl.lit(cause)).otherwise(told)
    return pl.when(pl.col("churned")).then(told).last()


def survival_of(spells: pl.DataFrame, *, level: float = 0.95) -> Survival:
    """The curve of the rows of `watched`."""
    return kaplan_meier(spells["months"].to_numpy(), spells["left"].to_numpy(), level=level)


def survival_by(
    spells: pl.DataFrame, column: str, *, fewest: int = 20, level: float = 0.95
) -> dict[str, Survival]:
    """A curve for each value of `column` (`cohort`, `segment`) of `watched`, in order, of those with so many customers at least; 'unknown' for none."""
    groups = spells.with_columns(pl.col(column).cast(pl.String).fill_null("unknown")).partition_by(
        column, as_dict=True
    )
    return {
        str(key[0]): survival_of(group, level=level)
        for key, group in sorted(groups.items())
        if len(group) >= fewest
    }


def expected_survival(hazards: Floats) -> Floats:
    """The model's mean curve, (H + 1,): the mean over customers of the chance to be still here. Hazards (n, H), a month each.

    A mean of curves, not the curve of the mean hazard: those with high hazards leave first, so the hazard of who is left falls.
    """
    stays = np.cumprod(1.0 - hazards, axis=1).mean(axis=0)
    return np.concatenate([[1.0], stays])
