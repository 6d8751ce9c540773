"""Customers and months that what is held and what the model says are counted on: those of the window, or as many of them as can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.fit.customer_months import holdings_at

if TYPE_CHECKING:
    from models.churn import ChurnModel
    from models.features import Floats
    from training.measured.given import Given

MOST = 100_000
"""Customer-months; of more so many are drawn, always the same ones."""
SEED = 0
CHUNK = 50_000
"""Rows that are scored together."""


@dataclass(frozen=True)
class Watched:
    """`rows`: n rows of the customers table; `held` (n, products) of the tables' products at the start of the month."""

    rows: pl.DataFrame
    held: Floats

    @property
    def left(self) -> Floats:
        """Who left by himself, (n,) of 0 and 1."""
        return self.rows["by_himself"].cast(pl.Float64).to_numpy()


def watched_months(given: Given) -> Watched | None:
    """The rows of the window; None when nobody knows who left."""
    if given.months is None:
        return None
    rows = given.months.filter(pl.col("number").is_in(given.window)).sort("customer_id", "month")
    if len(rows) > MOST:
        drawn = np.random.default_rng(SEED).choice(len(rows), MOST, replace=False)
        rows = rows[np.sort(drawn)]
    return Watched(rows, holdings_at(given.tables.holdings, rows, given.tables.products))


def unobjected(given: Given, rows: pl.DataFrame) -> pl.DataFrame:
    """Those of customers who do not object to profiling: of nobody else is anything scored."""
    return rows.filter(~pl.col("customer_id").is_in(sorted(given.objectors)))


def facts_of(model: ChurnModel, rows: pl.DataFrame) -> dict[str, list[object]]:
    """The columns the model wants, missing where the table has none."""
    names = [block.fact for block in model.encoder.blocks]
    return {name: rows[name].to_list() if name in rows.columns else [None] * len(rows) for name in names}


def hazards_of(given: Given, model: ChurnModel, rows: pl.DataFrame) -> Floats:
    """The chance to leave in the month for whatever cause, (n,) of n rows."""
    parts = [
        model.hazards(facts_of(model, part), held_in(given, model, part)) for part in rows.iter_slices(CHUNK)
    ]
    return np.concatenate([*parts, np.zeros(0)])


def held_in(given: Given, model: ChurnModel, rows: pl.DataFrame) -> Floats:
    """What each row held at the start of its month, of the model's products."""
    return holdings_at(given.tables.holdings, rows, model.products)
