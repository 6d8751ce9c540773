"""Who is still here of those who started together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from training.measured.given import numbered
from training.measured.intervals import share

if TYPE_CHECKING:
    from training.measured.intervals import Estimate

MARKS = ((1, 2, 3, 6, 9, 12), (1, 3, 6, 12, 18, 24, 36, 48))
"""Months after the start that are told, in data of a year and of more."""
MOST_ROWS = 16


class Here(NamedTuple):
    """Of a cohort, so many months after its start: the share still here of those of whom it is known, and whether that is all of them."""

    mark: int
    found: Estimate | None
    mature: bool


class Cohort(NamedTuple):
    """Who started in these months (numbers, both included), or was `already` here in the first of the table; how many they are."""

    first: int
    last: int
    already: bool
    n: int
    cells: tuple[Here, ...]


def cohorts_of(spells: pl.DataFrame, last: int) -> list[Cohort]:
    """The oldest first, of the rows of `watched` in a table that ends with month `last`; months are put together so that there are not too many."""
    first = first_month(spells)
    ended = spells.with_columns(start=numbered("cohort"))
    oldest = last - first + 1
    marks = [mark for mark in MARKS[oldest > 12] if mark <= oldest]
    wide = next(months for months in (1, 3, 6, 12, 10_000) if (oldest - 1) / months <= MOST_ROWS)
    starts = [(first, first), *((at, min(at + wide - 1, last)) for at in range(first + 1, last + 1, wide))]
    found = []
    for start, end in starts:
        some = ended.filter(pl.col("start").is_between(start, end))
        if len(some):
            cells = tuple(_here(some, mark, last) for mark in marks)
            found.append(Cohort(start, end, start == first, len(some), cells))
    return found


def first_month(spells: pl.DataFrame) -> int:
    """The number of the first month anybody was watched in."""
    return int(spells.select(numbered("cohort").min()).item())


def _here(group: pl.DataFrame, mark: int, last: int) -> Here:
    old = group.filter(pl.col("start") + mark - 1 <= last)
    known = old.filter((pl.col("months") >= mark) | pl.col("left"))
    mature = len(old) == len(group)
    if not len(known):
        return Here(mark, None, mature)
    gone = known.filter(pl.col("left") & (pl.col("months") <= mark))
    return Here(mark, share(len(known) - len(gone), len(known)), mature)
