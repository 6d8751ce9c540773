"""Facts that hardly change: what is first known of them stands for the time before the customers table begins.

Dates of purchases often reach back for years, facts for months. Without this all older purchases are learned from blind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.recency import DAYS_A_MONTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.features import Floats
    from training.fit.acquisitions import Panel
    from training.fit.examples import Indices

LASTS = 0.8
"""Agreement between the first and the last known value from which on a fact lasts: 1 when nothing changed, 0 as by chance."""
WATCHED_DAYS = 85.0
"""Customers known for as long tell whether a fact lasts: three months, the first and the last counted."""
FEWEST = 100


def lasting_facts(panel: Panel, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """The facts that last, by those customers who were watched long enough; none when they are too few. Dates never do."""
    frame = panel.frame.select(customer=pl.Series(panel.customer), day=pl.Series(panel.month))
    frame = frame.with_columns(panel.frame.select([fact for fact in kinds if fact in panel.frame.columns]))
    first = frame.group_by("customer", maintain_order=True).first()
    last = frame.group_by("customer", maintain_order=True).last()
    long = (last["day"] - first["day"]) >= WATCHED_DAYS
    first, last = first.filter(long), last.filter(long)
    return tuple(
        fact
        for fact, kind in kinds.items()
        if fact in first.columns and kind != "date" and agreement(first[fact], last[fact], kind) >= LASTS
    )


def agreement(first: pl.Series, last: pl.Series, kind: str) -> float:
    """Between two values of each customer: the correlation of numbers, Cohen's kappa of words; 0 when it cannot be told."""
    both = first.is_not_null() & last.is_not_null()
    first, last = first.filter(both), last.filter(both)
    if len(first) < FEWEST:
        return 0.0
    if kind != "string":
        one, other = first.cast(pl.Float64).to_numpy(), last.cast(pl.Float64).to_numpy()
        spread = one.std() * other.std()
        return float(np.cov(one, other, bias=True)[0, 1] / spread) if spread > 0.0 else 0.0
    alike = float((first == last).to_numpy().mean())
    shares = pl.DataFrame({"value": first}).group_by("value").agg(one=pl.len())
    shares = shares.join(pl.DataFrame({"value": last}).group_by("value").agg(other=pl.len()), on="value")
    chance = float(shares["one"].to_numpy() @ shares["other"].to_numpy()) / len(first) ** 2
    return (alike - chance) / (1.0 - chance) if chance < 1.0 else 0.0


def fill_earlier(
    columns: dict[str, list[Any]],
    panel: Panel,
    customer: Indices,
    moment: Floats,
    lasting: Mapping[str, float],
) -> None:
    """Write the first known value of the `lasting` facts into the rows before it, in place. `lasting`: fact -> what it grows by in a month."""
    first = np.searchsorted(panel.customer, customer)
    first = np.where(first < len(panel.customer), first, 0)
    early = np.flatnonzero((panel.customer[first] == customer) & (panel.month[first] > moment))
    months = (panel.month[first[early]] - moment[early]) / DAYS_A_MONTH
    for fact, step in lasting.items():
        known = panel.frame[fact].gather(pl.Series(first[early])).to_list()
        for row, value, ago in zip(early.tolist(), known, months.tolist(), strict=True):
            columns[fact][row] = value - step * ago if step and value is not None else value
