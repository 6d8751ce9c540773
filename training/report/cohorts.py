"""Who is still here of those who started together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from training.report.elements import Node, definitions, element, nothing_yet, section, small, table
from training.report.given import month_name, numbered, span
from training.report.intervals import between, percent, share

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from training.report.given import Given

MARKS = ((1, 2, 3, 6, 9, 12), (1, 3, 6, 12, 18, 24, 36, 48))
"""Months after the start that have a column, in data of a year and of more."""
MOST_ROWS = 16
TITLE = "Cohorts: who is still here"
LEAD = "Customers by the month they started in, and the share of them still here so many months later. Read a row to see how one group thins out, a column to see whether newer groups do better."


def cohorts(given: Given) -> Element:
    """The section."""
    spells = given.spells
    if spells is None:
        why = "Nobody knows who left and when: there is no customers table with a column churned."
        return section(
            "cohorts", TITLE, LEAD, nothing_yet(why, "Add customers with one row a customer and month.")
        )
    first = int(numbered_min(spells))
    ended = spells.with_columns(start=numbered("cohort"))
    oldest = given.last - first + 1
    marks = [mark for mark in MARKS[oldest > 12] if mark <= oldest]
    wide = next(months for months in (1, 3, 6, 12, 10_000) if (oldest - 1) / months <= MOST_ROWS)
    groups = {"already here": ended.filter(pl.col("start") == first)}
    new = ended.filter(pl.col("start") > first)
    for start in range(first + 1, given.last + 1, wide):
        some = new.filter(pl.col("start").is_between(start, start + wide - 1))
        if len(some):
            groups[span(start, min(start + wide - 1, given.last))] = some
    heads: list[Node] = ["started", "n", *(f"{mark} mo." for mark in marks)]
    rows: list[list[Node]] = [
        [name, f"{len(group):,}", *(_cell(group, mark, given.last) for mark in marks)]
        for name, group in groups.items()
    ]
    notes = definitions(
        ("Started", f"First month in the customers table. Those in its first month, {month_name(first)}, were customers before: they are one row, counted from then on."),
        ("Still here", "Of those whose state so many months after their start is known: has not left, for whatever reason, by the end of that month. Wilson's 95 % interval in percent below."),
        ("Grey", "Immature: not all of that row have been customers for so long (the share is of those who have), or nobody has yet."),
    )  # fmt: skip
    parts = [table(heads, rows, "l" + "r" * (len(marks) + 1), tall=True), notes]
    if len(groups) == 1:
        parts.insert(
            1,
            element("p", "Nobody is known to have joined after the first month of the table.", class_="note"),
        )
    return section("cohorts", TITLE, LEAD, *parts)


def numbered_min(spells: pl.DataFrame) -> int:
    """The number of the first month anybody was watched in."""
    return int(spells.select(numbered("cohort").min()).item())


def _cell(group: pl.DataFrame, mark: int, last: int) -> Element:
    old = group.filter(pl.col("start") + mark - 1 <= last)
    known = old.filter((pl.col("months") >= mark) | pl.col("left"))
    if not len(known):
        return element("td", class_="right immature")
    gone = known.filter(pl.col("left") & (pl.col("months") <= mark))
    found = share(len(known) - len(gone), len(known))
    look = "right" if len(old) == len(group) else "right immature"
    shade = f"--here:{100 * found.value:.0f}%"
    said = percent(found.value, 0)
    return element(
        "td", said, element("br"), small(between(found, 0, 100.0)), class_=f"{look} heat", style=shade
    )
