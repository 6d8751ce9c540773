"""Customers month by month, in order, so that what was before a date and what came after it can be told apart by position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from training.fit.customer_months import holdings_at
from training.prompted import OFFERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from training.fit.spoken import Talks

    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

OTHER_CAUSES = ("non-payment", "unavoidable")
"""Motives of an end that is nobody's choice to leave."""


@dataclass(frozen=True)
class Panel:
    """n customer-months, sorted by customer and month; a run is an unbroken row of months of one customer.

    `customer` (n,) codes; `month` (n,) months since the first of the table; `held` (n, P) at the start of the month; `left` (n,): left by
    choice in that month; `spoken` (n,): an offer or save was spoken to the customer in it; `wished` (n,): got in touch to leave in it.
    `first`, `last` (n,): positions of the first and the last month of the run. `known`: whether a journal told of spoken offers and wishes.
    """

    table: pl.DataFrame
    facts: Mapping[str, str]
    products: tuple[str, ...]
    customer: Ints
    month: Ints
    held: Flags
    left: Flags
    spoken: Flags
    wished: Flags
    first: Ints
    last: Ints
    known: bool

    @property
    def months(self) -> int:
        """How many months the table spans."""
        return int(self.month.max()) + 1

    def columns(self, rows: Ints) -> dict[str, list[Any]]:
        """The facts of these rows, None where missing."""
        part = self.table.select(self.facts.keys())[rows]
        return {fact: part[fact].to_list() for fact in self.facts}


def panel_of(
    holdings: pl.DataFrame,
    customers: pl.DataFrame | None,
    facts: Mapping[str, str],
    products: Sequence[str],
    talks: Talks | None = None,
    intents: Sequence[str] = (),
    other_causes: Sequence[str] = OTHER_CAUSES,
) -> Panel | None:
    """The panel of the customers table; None when it has no months with `churned`. `facts`: those to adjust for, and their types.

    `talks`: what the journal knows; a contact of one of `intents` is a wish to leave. A motive of `other_causes` ends a run without leaving.
    """
    if customers is None or "churned" not in customers.columns:
        return None
    table = customers.filter(pl.col("churned").is_not_null()).sort("customer_id", "month")
    if table.is_empty():
        return None
    month = (table["month"].dt.year().cast(pl.Int64) * 12 + table["month"].dt.month()).to_numpy()
    customer = table["customer_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    churned = table["churned"].to_numpy()
    if "churn_motive" in table.columns:
        churned = churned & ~table["churn_motive"].is_in(list(other_causes)).fill_null(value=False).to_numpy()
    breaks = np.r_[True, (np.diff(customer) != 0) | (np.diff(month) != 1)]
    run = np.cumsum(breaks) - 1
    starts = np.flatnonzero(breaks)
    ends = np.r_[starts[1:] - 1, len(run) - 1]
    return Panel(
        table=table,
        facts=dict(facts),
        products=tuple(products),
        customer=customer,
        month=month - month.min(),
        held=holdings_at(holdings, table, products) > 0,
        left=churned,
        spoken=_happened(table, None if talks is None else _offers(talks)),
        wished=_happened(table, None if talks is None else _wishes(talks, intents)),
        first=starts[run],
        last=ends[run],
        known=talks is not None and talks.until is not None,
    )


def _offers(talks: Talks) -> pl.DataFrame:
    return talks.spoken.filter(pl.col("action_kind").is_in(OFFERS))


def _wishes(talks: Talks, intents: Sequence[str]) -> pl.DataFrame:
    return talks.contacts.filter(pl.col("intent").is_in(list(intents)))


def _happened(table: pl.DataFrame, moments: pl.DataFrame | None) -> Flags:
    """(n,) Whether one of the moments (customer_id, at) lies in the month of the row."""
    if moments is None:
        return np.zeros(len(table), dtype=bool)
    when = moments.select("customer_id", month=pl.col("at").dt.date().dt.truncate("1mo")).unique()
    rows = table.select("customer_id", pl.col("month").cast(pl.Date))
    there = when.with_columns(there=pl.lit(value=True))
    marked = rows.join(there, on=["customer_id", "month"], how="left", maintain_order="left")
    return np.asarray(marked["there"].fill_null(value=False).to_numpy())
