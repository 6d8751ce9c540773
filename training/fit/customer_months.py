"""From the canonical tables to the rows churn is learned from: a customer at the start of a month, and whether they left in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.causes import CAUSES
from models.trends import trend_names
from training.fit.churn_rows import ChurnRows
from training.fit.trends import with_trends

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from models.causes import Cause
    from models.features import Floats
    from models.trends import Trend

NO_TRENDS: Mapping[str, Trend] = {}
CAUSES_AS_NAMED: Mapping[Cause, tuple[str, ...]] = {cause: (cause,) for cause in CAUSES}
"""Cause -> the motives that are no wish of the customer, unless the tables say otherwise: each by its own name."""

CHUNK = 50_000
"""Rows whose holdings are looked up together."""


def holdings_at(holdings: pl.DataFrame, rows: pl.DataFrame, products: Sequence[str]) -> Floats:
    """(n, products) 0 or 1: what each row (customer_id, month) holds at the start of its month.

    Held: begun on that day or earlier (or at an unknown date) and not ended by then. Products that are not listed are passed over.
    """
    held = np.zeros((len(rows), len(products)))
    order = pl.DataFrame(
        {"product_id": products, "product": range(len(products))},
        schema={"product_id": pl.String, "product": pl.Int64},
    )
    spells = holdings.join(order, on="product_id").select("customer_id", "product", "since", "until")
    moments = rows.select("customer_id", pl.col("month").cast(pl.Datetime("us"))).with_row_index("row")
    for part in moments.iter_slices(CHUNK):  # a customer's months times its spells: not all at once
        pairs = part.join(spells, on="customer_id").filter(
            pl.col("since").is_null() | (pl.col("since") <= pl.col("month")),
            pl.col("until").is_null() | (pl.col("until") > pl.col("month")),
        )
        held[pairs["row"].to_numpy(), pairs["product"].to_numpy()] = 1.0
    return held


def churn_rows(
    holdings: pl.DataFrame,
    customers: pl.DataFrame | None,
    facts: Sequence[str],
    products: Sequence[str],
    *,
    trends: Mapping[str, Trend] = NO_TRENDS,
    causes: Mapping[Cause, Collection[str]] = CAUSES_AS_NAMED,
) -> ChurnRows | None:
    """Rows of the customers table where `churned` is known; None without the table or the column.

    `facts` and the level and slope of each of `trends` are its facts. `causes`: cause -> its words. Without a column `churn_motive` everybody left by himself.
    """
    if customers is None or "churned" not in customers.columns:
        return None
    rows = with_trends(customers, trends).filter(pl.col("churned").is_not_null())
    return ChurnRows(
        facts={fact: _column(rows[fact]) for fact in (*facts, *trend_names(trends))},
        holdings=holdings_at(holdings, rows, products),
        churned=rows["churned"].cast(pl.Float64).to_numpy(),
        customers=rows["customer_id"].rank("dense").cast(pl.Int64).to_numpy(),
        months=rows.select(pl.col("month").dt.year().cast(pl.Int64) * 12 + pl.col("month").dt.month())
        .to_series()
        .to_numpy(),
        causes=_causes(rows, causes),
    )


def _column(values: pl.Series) -> npt.NDArray[Any]:
    """Numbers as numbers, NaN where missing; anything else as objects, None where missing."""
    if values.dtype.is_numeric():
        return values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.array(values.to_list(), dtype=object)


def _causes(rows: pl.DataFrame, causes: Mapping[Cause, Collection[str]]) -> dict[str, Floats]:
    """Who was lost for each cause, in the order in which they come; of those that took anybody."""
    if "churn_motive" not in rows.columns:
        return {}
    words = {cause: list(causes.get(cause, ())) for cause in CAUSES}
    named = rows.select(
        (pl.col("churned") & pl.col("churn_motive").is_in(of).fill_null(value=False))
        .cast(pl.Float64)
        .alias(cause)
        for cause, of in words.items()
    )
    return {cause: lost for cause in CAUSES if (lost := named[cause].to_numpy()).any()}
