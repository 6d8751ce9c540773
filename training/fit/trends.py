"""Level and slope of a monthly figure for the rows of the customers table, by the very function that serves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from models.trends import derived, trend_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.trends import Trend


def with_trends(customers: pl.DataFrame, trends: Mapping[str, Trend]) -> pl.DataFrame:
    """The table with a column for each level and slope, null where there is none.

    A month of a trend that has no column of its own is what the latest month was so many rows of the calendar before: a row knows nothing
    but itself and earlier months of its customer.
    """
    if not trends:
        return customers
    table = customers
    for trend in trends.values():
        table = _with_months(table, trend)
    months = sorted({fact for trend in trends.values() for fact in trend.of} & set(table.columns))
    found = [
        derived({fact: value for fact, value in row.items() if value is not None}, trends)
        for row in table.select(pl.col(months).cast(pl.Float64).fill_nan(None)).iter_rows(named=True)
    ]
    return customers.with_columns(
        pl.Series(name, [row.get(name) for row in found], dtype=pl.Float64) for name in trend_names(trends)
    )


def _with_months(table: pl.DataFrame, trend: Trend) -> pl.DataFrame:
    """The table with a column for each month of the trend, as far as the latest one has a column."""
    latest = trend.of[-1]
    if latest not in table.columns:
        return table
    for ago, fact in enumerate(reversed(trend.of)):
        if fact not in table.columns:
            earlier = table.select(
                "customer_id", pl.col("month").dt.offset_by(f"{ago}mo"), pl.col(latest).alias(fact)
            )
            table = table.join(earlier, on=["customer_id", "month"], how="left", maintain_order="left")
    return table
