"""Who was still here so many months later, by the table of customers: it tells months, not days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from training.evaluation.survival import watched

if TYPE_CHECKING:
    from collections.abc import Sequence

MOMENT = pl.Datetime("us", "UTC")
SPELLS: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "begins": pl.Int64(),
    "ends": pl.Int64(),
    "left": pl.Boolean(),
    "gone_at": MOMENT,
}


def month_number(column: str) -> pl.Expr:
    """Twelve a year, of dates or moments."""
    there = pl.col(column).dt
    return there.year().cast(pl.Int64) * 12 + there.month().cast(pl.Int64)


def spells(customers: pl.DataFrame | None, until: datetime | None = None) -> pl.DataFrame:
    """Columns of SPELLS, one row a customer who was watched for a month; months that were not over by `until`, where one is given, are not looked at.

    `begins`, `ends`: numbers of the first and last month he was watched in; `left`: in the last one, for whatever reason; `gone_at`: its end, if he did.
    """
    if customers is None or "churned" not in customers.columns:
        return pl.DataFrame(schema=SPELLS)
    if until is not None:
        customers = customers.filter(pl.col("month").dt.offset_by("1mo") <= until.date())
    begins = month_number("cohort")
    found = watched(customers).with_columns(begins=begins, ends=begins + pl.col("months") - 1)
    after = pl.date(pl.col("ends") // 12, pl.col("ends") % 12 + 1, 1)
    gone = pl.when("left").then(after.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    return found.with_columns(gone_at=gone).select(pl.col(name).cast(kind) for name, kind in SPELLS.items())


def told_until(spells: pl.DataFrame) -> datetime | None:
    """The moment up to which the table tells who left; None when it tells nothing."""
    numbers: Sequence[int] = spells["ends"].to_list()
    if not numbers:
        return None
    year, month = divmod(max(numbers), 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def gone_within(month: pl.Expr, months: int) -> pl.Expr:
    """Whether one left in the month of this number or the next ones, `months` in all; null where nobody can tell. For a table joined with `spells`."""
    last = month + months - 1
    there = month.is_between("begins", "ends")
    left = pl.col("left") & (pl.col("ends") <= last)
    return pl.when(there & (left | (pl.col("ends") >= last))).then(left)
