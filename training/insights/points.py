"""Estimates as points of a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.insights import Figure, FigureId, Missing, Point
from training.measured.given import numbered
from training.measured.intervals import mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from training.measured.intervals import Estimate

ALL = "all"
"""The place of what is counted over all months together."""
MOST_MONTHS = 24
DIGITS = 6


def figure(name: FigureId, points: Iterable[Point], otherwise: Missing = "too_few") -> Figure:
    """The figure, or that nothing is there to be told."""
    found = tuple(points)
    return Figure(id=name, points=found) if found else missing(name, otherwise)


def missing(name: FigureId, why: Missing) -> Figure:
    return Figure(id=name, missing=why)


def point(series: str, at: str, found: Estimate, **about: float | str | bool | None) -> Point:
    """An estimate with its interval."""
    value, low, high = (round(float(one), DIGITS) for one in found[:3])
    return Point(series=series, at=at, value=value, low=low, high=high, n=found.n, about=about)


def month_id(month: int) -> str:
    """2026-03."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def by_month(rows: pl.DataFrame, column: str = "at") -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of all months together, and then of each of the last months, oldest first."""
    yield ALL, rows
    told = rows.with_columns(number=numbered(column))
    months = told["number"].unique().sort().to_list()[-MOST_MONTHS:]
    for month in months:
        yield month_id(month), told.filter(pl.col("number") == month)


def mean_over_customers(rows: pl.DataFrame, column: str) -> Estimate:
    """The mean of a column, customers drawn again with all that is theirs."""
    customers = rows["customer_id"].rank("dense").cast(pl.Int64).to_numpy()
    return mean(rows[column].cast(pl.Float64).to_numpy(), np.asarray(customers))
