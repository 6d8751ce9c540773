"""Who objects to profiling is learned from by nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from training.tables import Tables

COLUMN = "profiling_objection"


def objectors_of(customers: pl.DataFrame) -> pl.Series:
    """The ids of those whose latest month says that they object; for a table that has the column."""
    said = customers.filter(pl.col(COLUMN).is_not_null()).sort("customer_id", "month")
    latest = said.unique("customer_id", keep="last", maintain_order=True)
    return latest.filter(pl.col(COLUMN))["customer_id"]


def without_objectors(tables: Tables) -> Tables:
    """The tables without any row of the customers whose latest month says that they object, and a warning that says how many."""
    customers = tables.customers
    if customers is None or COLUMN not in customers.columns:
        return tables
    objectors = objectors_of(customers)
    stays = ~pl.col("customer_id").is_in(objectors.implode())
    told = f"{len(objectors):,} customers object to profiling: their rows are left out of everything that is fitted and judged."
    return replace(
        tables,
        holdings=tables.holdings.filter(stays),
        customers=customers.filter(stays),
        warnings=(*tables.warnings, told),
    )
