"""How often customers buy, and for how much: repeat rate, purchase frequency, average order value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.measured.given import WINDOW, month_name, numbered, span
from training.measured.intervals import Estimate, mean, number, percents, share
from training.report.elements import Node, definitions, element, nothing_yet, section, table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from training.measured.given import Given

MOST_PRODUCTS = 30
TITLE = "Buying: how often, and for how much"
LEAD = "What customers took in the last months, as the beginnings of their holdings tell."


def buying(given: Given) -> Element:
    """The section."""
    holdings = given.tables.holdings
    if holdings["since"].null_count() == len(holdings):
        why = "No holding has a date: nobody knows when anything was bought."
        return section("buying", TITLE, LEAD, nothing_yet(why, "Fill the column since of the holdings."))
    first = given.last - WINDOW + 1
    orders = holdings.filter(numbered("since").is_between(first, given.last)).sort(
        "customer_id", "since", "product_id"
    )
    if not len(orders):
        why = f"Nothing was bought from {month_name(first)} to {month_name(given.last)}."
        return section("buying", TITLE, LEAD, nothing_yet(why, "Are the holdings as fresh as the months?"))
    prices = {product: float(known.price) for product, known in given.products.items()}
    repeat, frequency, value = figures(orders, prices)
    rows: list[list[Node]] = [
        ["repeat rate", percents(repeat), f"{repeat.n:,} buyers"],
        ["purchase frequency, orders a buyer", number(frequency), f"{frequency.n:,} buyers"],
    ]
    rows.append(
        [
            "average order value",
            element("em", "counted without money: no catalogue was given"),
            f"{len(orders):,} orders",
        ]
        if value is None
        else ["average order value, euros a month at list price", number(value), f"{value.n:,} orders"]
    )
    if value is not None:
        each = _value(orders, prices)
        rows.append(
            ["value of a buyer (order value x frequency), euros a month", number(each), f"{each.n:,} buyers"]
        )
    return section(
        "buying",
        TITLE,
        LEAD,
        table(["figure", "value and interval", "n"], rows, "lrr", caption=span(first, given.last)),
        _by_product(given, orders),
        _notes(),
    )


def figures(orders: pl.DataFrame, prices: Mapping[str, float]) -> tuple[Estimate, Estimate, Estimate | None]:
    """Repeat rate, purchase frequency, and average order value (None without prices) of orders by customer_id and product_id, one at least."""
    each = orders.group_by("customer_id").len().sort("customer_id")["len"].to_numpy()
    repeat = share(int((each > 1).sum()), each.size)
    frequency = mean(each.astype(np.float64))
    if not prices:
        return repeat, frequency, None
    customers = orders["customer_id"].rank("dense").cast(pl.Int64).to_numpy()
    return repeat, frequency, mean(_prices(orders, prices), customers)


def _prices(
    orders: pl.DataFrame, prices: Mapping[str, float]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([prices.get(product, 0.0) for product in orders["product_id"].to_list()])


def _value(orders: pl.DataFrame, prices: Mapping[str, float]) -> Estimate:
    priced = orders.with_columns(price=pl.Series(_prices(orders, prices)))
    return mean(
        priced.group_by("customer_id").agg(pl.col("price").sum()).sort("customer_id")["price"].to_numpy()
    )


def _by_product(given: Given, orders: pl.DataFrame) -> Element:
    buyers = orders["customer_id"].n_unique()
    each = orders.group_by("product_id").agg(pl.len(), who=pl.col("customer_id").n_unique())
    told = "unprompted" in orders.columns
    unasked = dict(orders.filter("unprompted").group_by("product_id").len().rows()) if told else {}
    rows = []
    for product, n, who in (
        each.sort(["len", "product_id"], descending=[True, False]).head(MOST_PRODUCTS).rows()
    ):
        row = [given.name(product), f"{n:,}", percents(share(who, buyers))]
        rows.append([*row, percents(share(unasked.get(product, 0), n), 0)] if told else row)
    heads: list[Node] = ["bought", "orders", "share of buyers", *(["taken unasked"] if told else [])]
    return table(heads, rows, "lrr" + "r" * told)


def _notes() -> Element:
    return definitions(
        ("Order", "A holding that began in the window: an acquisition. Its value is the list price a month of the product; discounts and what was sold once are not in the tables."),
        ("Repeat rate", "Customers with two orders or more / customers with one or more, in the window. Wilson's 95 % interval."),
        ("Purchase frequency", "Orders / buyers. Average order value: revenue / orders. Their product is what a buyer's orders are worth a month. Intervals: customers drawn again 1,000 times with all their orders."),
        ("Taken unasked", "No offer was spoken to the customer on that day or in the ninety days before. Where nothing tells, the column is left out."),
    )  # fmt: skip
