"""Which save-offer holds which customers, and for which motive none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from training.measured.intervals import between, difference, percent, percents, share
from training.measured.saved import cells_of, motives_of, saves_spoken, unspoken, wishes
from training.report.elements import Node, definitions, element, nothing_yet, section, small, table
from training.report.gaps import FEWEST, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from training.measured.given import Given
    from training.measured.intervals import Estimate
    from training.measured.saved import Cells

COLUMNS = 6
"""Motives that stand beside each other on a page."""
NOTHING = "no save spoken"
TITLE = "Saves: which offer holds for which motive"
LEAD = "Contacts in which a customer wished to leave, by motive and by the save-offer spoken. A save counts when it has held."


def saves(given: Given) -> Element:
    """The section."""
    if not given.parts:
        why = "There is no journal beside the tables."
        return section(
            "saves", TITLE, LEAD, nothing_yet(why, "Put there what python -m training archive writes.")
        )
    if given.months is None:
        why = "Nobody knows who left and when, so nobody knows which save held."
        return section("saves", TITLE, LEAD, nothing_yet(why, "Add customers with a column churned."))
    contacts = wishes(given)
    if not len(contacts):
        why = "The journal has no contact with a wish to leave that is three months old, of a customer in the table."
        return section(
            "saves",
            TITLE,
            LEAD,
            nothing_yet(why, "A wish is told by the intents in the policy's section leaving."),
        )
    spoken = saves_spoken(given, contacts)
    motives = motives_of(contacts)
    without = unspoken(contacts, spoken)
    cells = cells_of(spoken)
    parts = [
        _matrix(given, motives[start : start + COLUMNS], spoken, cells, without)
        for start in range(0, len(motives), COLUMNS)
    ]
    gaps = element("ul", *(element("li", *verdict(given, motive, cells, without)) for motive in motives), class_="gaps")  # fmt: skip
    return section(
        "saves", TITLE, LEAD, *parts, element("h3", "Gaps"), gaps, _rate(contacts, spoken), _notes()
    )


def _matrix(
    given: Given, motives: list[str], spoken: pl.DataFrame, cells: Cells, without: Mapping[str, Estimate]
) -> Element:
    actions = spoken["action_id"].unique().sort().to_list()
    rows: list[list[Node]] = [
        [
            given.title(action),
            *(_cell(cells.get((action, motive)), without.get(motive)) for motive in motives),
        ]
        for action in actions
    ]
    silent: list[Node] = [_stayed(without.get(motive)) for motive in motives]
    rows.append([element("em", NOTHING), *silent])
    return table(["save", *motives], rows, "l" + "r" * len(motives), tall=True)


def _cell(found: tuple[Estimate, Estimate] | None, without: Estimate | None) -> Element:
    if found is None:
        return element("td", class_="right immature")
    held, stayed = found
    lines: list[Node] = [
        element("b", percent(held.value, 0)),
        small(f" of {held.n:,}"),
        element("br"),
        small(between(held, 0, 100.0)),
        element("br"),
        small(f"stayed {percent(stayed.value, 0)}"),
    ]
    if without is not None:
        lines += [element("br"), small(_points(difference(stayed, without)))]
    look = "right heat" + (" few" if held.n < FEWEST else "")
    return element("td", *lines, class_=look, style=f"--here:{100 * held.value:.0f}%")


def _stayed(found: Estimate | None) -> Element:
    if found is None:
        return element("td", class_="right immature")
    lines = (
        small(f"stayed {percent(found.value, 0)} of {found.n:,}"),
        element("br"),
        small(between(found, 0, 100.0)),
    )
    return element("td", *lines, class_="right")


def _points(found: Estimate) -> str:
    return f"{100 * found.value:+.0f}\N{NO-BREAK SPACE}pts {between(found, 0, 100.0)}"


def _rate(contacts: pl.DataFrame, spoken: pl.DataFrame) -> Element:
    heard = contacts.join(spoken, on=["contact_id", "customer_id"], how="semi")
    silent = contacts.join(spoken, on=["contact_id", "customer_id"], how="anti")
    rows, rates = [], []
    for name, some in (
        ("all contacts with a wish to leave", contacts),
        ("a save was spoken", heard),
        (NOTHING, silent),
    ):
        if len(some):
            found = share(int(some["stayed"].sum()), len(some))
            rows.append([name, f"{found.n:,}", percents(found)])
            rates.append(found)
    if len(rates) > 2:
        found = difference(*rates[1:])
        rows.append(["with a save less without", f"{found.n:,}", f"{_points(found)}"])
    return table(["net save rate", "n", "still here"], rows, "lrr")


def _notes() -> Element:
    return definitions(
        ("Held", "Of the contacts in which the save was spoken: it was accepted and not withdrawn, and the customer did not leave of their own will in that month or the next two (90 days, in whole months). Wilson's 95 % interval in percent, of n contacts. Pale: fewer than 10."),
        ("Stayed", "The same of all to whom it was spoken, whether they accepted or not; behind it the difference in points to those with that motive who heard no save, with Newcombe's 95 % interval."),
        ("Effective", "That difference is above 0, the level shared among the saves tried for the motive (Bonferroni). It shows an effect only where chance decided who heard it: agents who choose may choose those who would stay."),
        ("Net save rate", "Still here after those months / contacts with a wish to leave. Later contacts are left out: it is too early to tell. The difference is what saves saved only where chance decided who heard one; n is that of the smaller group."),
    )  # fmt: skip
