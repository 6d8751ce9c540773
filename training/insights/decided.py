"""What was decided: modes over time, and what exploring and levers cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from models.insights import Figure, Point
from training.insights.points import (
    ALL,
    by_month,
    counted,
    figure,
    mean_over_customers,
    missing,
    share_over_customers,
)
from training.measured.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

FEWEST_CONTACTS = 2


def modes(decisions: pl.DataFrame) -> Figure:
    """The share of decisions in each mode, over all months and month by month; the most frequent mode first."""
    order = decisions["mode"].value_counts().sort(["count", "mode"], descending=[True, False])["mode"]
    return figure(
        "modes",
        (
            counted(mode, at, share_over_customers(some, pl.col("mode") == mode), some)
            for mode in order.to_list()
            for at, some in by_month(decisions)
            if len(some)
        ),
        "no_records",
    )


def exploration(decisions: pl.DataFrame) -> Figure:
    """Expected euros given up because chance put another first; a contact counts once, with the dearest of its decisions."""
    if not len(decisions):
        return missing("exploration", "no_records")
    if not (decisions["rate"] > 0.0).any():
        return missing("exploration", "not_in_use")
    return figure("exploration", _costs(decisions, "given_up", "explored"))


def levers(decisions: pl.DataFrame) -> Figure:
    """Expected euros given up because a lever of the business changed the order."""
    if not len(decisions):
        return missing("levers", "no_records")
    if not decisions["levers"].any():
        return missing("levers", "not_in_use")
    return figure("levers", _costs(decisions, "levers_cost", "levers"))


def _costs(decisions: pl.DataFrame, euros: str, used: str) -> Iterator[Point]:
    """Sums of euros; the interval is that of the mean of a contact, times their number. `share`: of contacts in which it was used."""
    contacts = decisions.group_by("contact_id", "customer_id", maintain_order=True).agg(
        pl.col(euros).max(), pl.col(used).any(), pl.col("at").first()
    )
    for at, some in by_month(contacts):
        n = len(some)
        if n < FEWEST_CONTACTS:
            continue
        each = mean_over_customers(some, euros)
        total = Estimate(n * each.value, n * each.low, n * each.high, n)
        name = "total" if at == ALL else euros
        yield counted(
            name,
            at,
            total,
            some,
            used=round(float(some[used].sum()) / n, 6),
            a_thousand=round(1000 * each.value, 2),
        )
