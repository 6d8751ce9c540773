"""Purchases of a Danish insurer (RecSys 2022): dated, sixteen products, several in one purchase, some bought again while held.

Each purchase of a product starts a holding of its own. `since` is the moment of the purchase, so the rows of one purchase are those
with the same customer and moment. `valid` = 1 marks the last part by time: the moment it begins is kept as `valid_from`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from training.datasets.source import read_source, write_tables
from training.sheets import constant

if TYPE_CHECKING:
    from pathlib import Path

FILE = "purchases.csv"


def import_insurance(source: Path, out: Path) -> str:
    """Write holdings and schema.yaml to `out`; there are no facts, so there is no customers table.

    Repeatable are the products somebody has bought twice: a trait of the product, so the whole file says it.

    Raises:
        TableError: the file is not that file, or its parts are not in order of time; nothing is written.
    """
    sheet = read_source(source, FILE, ["user_id", "event_time", "valid", "item_id"])
    since, late = sheet.typed("event_time", "moment"), sheet.typed("valid", "boolean")
    sheet.findings.raise_if_any()
    holdings = pl.DataFrame(
        {
            "customer_id": sheet.frame["user_id"],
            "product_id": sheet.frame["item_id"],
            "since": since,
            "late": late,
        }
    )
    parts = holdings.filter("late")["since"].to_list()
    valid_from = min(parts, default=None)
    if valid_from is not None:
        early = ~late & (since >= valid_from)
        message = f"0, but the last part begins at {valid_from}"
        sheet.report(
            "valid", early, lambda _cell, _row: message, constant("give the file as it was published")
        )
        sheet.findings.raise_if_any()
    repeatable = _bought_again(holdings)
    holdings = holdings.drop("late").with_columns(until=pl.lit(None, dtype=pl.Datetime("us")))
    write_tables(
        out,
        {"holdings": holdings.sort("since", "customer_id", "product_id")},
        {"repeatable": repeatable, "valid_from": valid_from},
    )
    n, products = (holdings[column].n_unique() for column in ("customer_id", "product_id"))
    return f"{n:,} customers with {len(holdings):,} purchases of {products} products; judged from {valid_from} on."


def _bought_again(purchases: pl.DataFrame) -> list[str]:
    counts = purchases.group_by("customer_id", "product_id").len()
    return counts.filter(pl.col("len") > 1)["product_id"].unique().sort().to_list()
