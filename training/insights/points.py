"""Estimates as points of a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from models.insights import MOST_POINTS, Figure, FigureId, Missing, Point
from training.measured.given import numbered
from training.measured.intervals import mean, share_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from training.fit.examples import Indices
    from training.measured.intervals import Estimate

ALL = "all"
"""The place of what is counted over all months together."""
MOST_MONTHS = 24
DIGITS = 6
FEWEST_CUSTOMERS = 10
FOUND: Final = frozenset({"lock_in", "experiments"})


def figure(
    name: FigureId, points: Iterable[Point], otherwise: Missing = "too_few", left_out: int = 0
) -> Figure:
    """The figure, or that nothing is there to be told. Of too many points those that were counted on most are; `left_out` were before."""
    found = tuple(points)
    if not found:
        return missing(name, otherwise)
    told = sorted(sorted(range(len(found)), key=lambda at: -found[at].n)[:MOST_POINTS])
    return Figure(id=name, points=tuple(found[at] for at in told), left_out=left_out + len(found) - len(told))


def missing(name: FigureId, why: Missing) -> Figure:
    return Figure(id=name, missing=why)


def point(series: str, at: str, found: Estimate, **about: float | str | bool | None) -> Point:
    """An estimate with its interval."""
    value, low, high = (round(float(one), DIGITS) for one in found[:3])
    return Point(series=series, at=at, value=value, low=low, high=high, n=found.n, about=about)


def counted(
    series: str, at: str, found: Estimate, rows: pl.DataFrame, **about: float | str | bool | None
) -> Point:
    """`point`, with how many customers its rows are of."""
    return point(series, at, found, customers=float(rows["customer_id"].n_unique()), **about)


def not_about_persons(one: Figure) -> Figure:
    """Without what was counted on so few customers that it would tell of them. What a model or an experiment has found is about nobody."""
    if one.missing is not None or one.id in FOUND:
        return one
    told = (found for found in one.points if _customers(found) >= FEWEST_CUSTOMERS)
    return figure(one.id, told, left_out=one.left_out)


def _customers(found: Point) -> float:
    """Where it is not said, each of n is another."""
    told = found.about.get("customers", found.n)
    assert isinstance(told, int | float)  # noqa: S101  `counted` has written it
    return told


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


def share_over_customers(rows: pl.DataFrame, yes: pl.Expr) -> Estimate:
    """The share of rows of which `yes` holds; a customer's rows stand or fall together."""
    said = rows.select(yes.cast(pl.Float64).fill_null(0.0)).to_series().to_numpy()
    return share_over(said, _people(rows))


def mean_over_customers(rows: pl.DataFrame, column: str) -> Estimate:
    """The mean of a column, customers drawn again with all that is theirs."""
    return mean(rows[column].cast(pl.Float64).to_numpy(), _people(rows))


def _people(rows: pl.DataFrame) -> Indices:
    return np.asarray(rows["customer_id"].rank("dense").cast(pl.Int64).to_numpy())
