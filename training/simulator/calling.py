"""Who of a simulated provider was in contact in the last year, when and what about: made up from the tables, and true to who left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

MONTHS = 12
LEAVERS, WAVERERS = 0.12, 0.13
"""Shares of the contacts: customers who leave in that month, and customers who say that they want to and stay."""
CHANNELS, SHARES = ("voice", "chat", "whatsapp", "shop"), (0.62, 0.2, 0.13, 0.05)
SUBJECTS = ("bill", "mobile", "internet", "wifi", "tv", "contract")
UNTOLD = 0.15
"""Share of those who want to leave who do not say why."""
IN_TROUBLE = 0.12
LAST_DAY = 27


@dataclass(frozen=True)
class Call:
    """One contact of a customer: `row` of the customers table, with the facts of its month. `leaves`: he leaves in that month. `trouble`: a complaint was open."""

    row: dict[str, Any]
    at: datetime
    channel: str
    intent: str
    subject: str
    motive: str | None
    wishes: bool
    leaves: bool
    trouble: bool


def calls(customers: pl.DataFrame, many: int, seed: int) -> Iterator[Call]:
    """About so many contacts, oldest first; the same arguments give the same ones.

    Raises:
        ValueError: no month of which it is known who left.
    """
    known = customers.filter(pl.col("churned").is_not_null()).sort("customer_id", "month")
    months = known["month"].unique().sort().to_list()[-MONTHS:]
    if not months:
        raise ValueError("no month tells who left")
    recent = known.filter(pl.col("month").is_in(months))
    rng = np.random.default_rng([seed, 2])
    left, here = recent.filter("churned"), recent.filter(~pl.col("churned"))
    why = left["churn_motive"].drop_nulls().to_list() or ["other"]
    found = [_call(row, rng, row["churn_motive"] or "other", leaves=True) for row in _some(left, LEAVERS * many, rng)]  # fmt: skip
    waverers = list(_some(here, WAVERERS * many, rng))
    found += [_call(row, rng, str(rng.choice(why)), leaves=False) for row in waverers]
    found += [_call(row, rng, None, leaves=False) for row in _some(here, many - len(found), rng)]
    yield from sorted(found, key=lambda call: (call.at, call.row["customer_id"]))


def _some(rows: pl.DataFrame, many: float, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    drawn = rng.choice(len(rows), min(len(rows), round(many)), replace=False)
    yield from rows[np.sort(drawn)].iter_rows(named=True)


def _call(row: dict[str, Any], rng: np.random.Generator, motive: str | None, *, leaves: bool) -> Call:
    month = datetime(row["month"].year, row["month"].month, 1, tzinfo=UTC)
    at = month + timedelta(days=int(rng.integers(0, LAST_DAY)), minutes=int(rng.integers(8 * 60, 19 * 60)))
    wishes = motive is not None
    return Call(
        row=row,
        at=at,
        channel=str(rng.choice(CHANNELS, p=SHARES)),
        intent="cancel" if wishes else "billing",
        subject="contract" if wishes else str(rng.choice(SUBJECTS)),
        motive=None if motive is None or rng.random() < UNTOLD else motive,
        wishes=wishes,
        leaves=leaves,
        trouble=bool(rng.random() < IN_TROUBLE),
    )
