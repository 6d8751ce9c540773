"""Who is still here of those who started together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.measured.cohorts import cohorts_of
from training.measured.given import month_name, span
from training.measured.intervals import between, percent
from training.report.elements import Node, definitions, element, nothing_yet, section, small, table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from training.measured.cohorts import Here
    from training.measured.given import Given

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
    found = cohorts_of(spells, given.last)
    first = found[0].first
    heads: list[Node] = ["started", "n", *(f"{cell.mark} mo." for cell in found[0].cells)]
    rows: list[list[Node]] = [
        [
            "already here" if one.already else span(one.first, one.last),
            f"{one.n:,}",
            *map(_cell, one.cells),
        ]
        for one in found
    ]
    notes = definitions(
        ("Started", f"First month in the customers table. Those in its first month, {month_name(first)}, were customers before: they are one row, counted from then on."),
        ("Still here", "Of those whose state so many months after their start is known: has not left, for whatever reason, by the end of that month. Wilson's 95 % interval in percent below."),
        ("Grey", "Immature: not all of that row have been customers for so long (the share is of those who have), or nobody has yet."),
    )  # fmt: skip
    parts = [table(heads, rows, "l" + "r" * (len(heads) - 1), tall=True), notes]
    if len(found) == 1:
        parts.insert(
            1,
            element("p", "Nobody is known to have joined after the first month of the table.", class_="note"),
        )
    return section("cohorts", TITLE, LEAD, *parts)


def _cell(here: Here) -> Element:
    if here.found is None:
        return element("td", class_="right immature")
    found = here.found
    look = "right" if here.mature else "right immature"
    shade = f"--here:{100 * found.value:.0f}%"
    said = percent(found.value, 0)
    return element(
        "td", said, element("br"), small(between(found, 0, 100.0)), class_=f"{look} heat", style=shade
    )
