"""How many leave of those who hold a product, and of those who do not: what is seen, not what holding does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.measured.intervals import Estimate, percent, percents, share
from training.report.elements import Node, definitions, element, nothing_yet, section, table
from training.report.strips import Mark, Scale, axis, strip

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from training.measured.given import Given
    from training.measured.watching import Watched

FEWEST = 30
"""Customer-months on both sides that a row needs."""
MANY = 4
TITLE = "Churn by what is held"
LEAD = "The share that left by themselves in a month, of customers who held the product at its start and of those who did not. A difference is no effect: who takes a product differs in more than the product. What holding it does is in the part on lock-in."


def churn_by_holdings(given: Given, watched: Watched | None) -> Element:
    """The section."""
    if watched is None:
        why = "Nobody knows who left and when."
        return section("holdings", TITLE, LEAD, nothing_yet(why, "Add customers with a column churned."))
    left, held = watched.left, watched.held
    found: list[tuple[str, Estimate, Estimate | None]] = []
    for place, product in enumerate(given.tables.products):
        has = held[:, place] > 0
        if min(has.sum(), (~has).sum()) >= FEWEST:
            with_it = share(int(left[has].sum()), int(has.sum()))
            found.append((given.name(product), with_it, share(int(left[~has].sum()), int((~has).sum()))))
    found.sort(key=lambda row: row[1].value)
    number = held.sum(axis=1)
    for many in range(MANY + 1):
        has = number >= many if many == MANY else number == many
        if has.sum() >= FEWEST:
            name = f"{many} product{'s' * (many != 1)}{' or more' * (many == MANY)}"
            found.append((name, share(int(left[has].sum()), int(has.sum())), None))
    if not found:
        why = f"No product is held, and not held, in {FEWEST} customer-months each."
        return section("holdings", TITLE, LEAD, nothing_yet(why, "Give data of more customers."))
    return section("holdings", TITLE, LEAD, _table(found), *_notes(given, watched))


def _table(found: list[tuple[str, Estimate, Estimate | None]]) -> Element:
    most = max(one.high for row in found for one in row[1:] if one is not None)
    scale = Scale(0.0, most)
    rows: list[list[Node]] = [
        [
            name,
            f"{with_it.n:,}",
            percents(with_it),
            "" if without is None else percents(without),
            strip(scale, _marks(with_it, without)),
        ]
        for name, with_it, without in found
    ]
    head = axis(scale, [(value, percent(value)) for value in (0.0, most / 2, most)])
    return table(["held", "n", "left a month", "left of the others", head], rows, "lrrrl")


def _marks(with_it: Estimate, without: Estimate | None) -> list[Mark]:
    both = [Mark(*with_it[:3], "served")]
    return both if without is None else [*both, Mark(*without[:3], "naive")]


def _notes(given: Given, watched: Watched) -> list[Element]:
    unknown = given.tables.holdings["since"].null_count()
    total = len(given.tables.holdings)
    notes = definitions(
        ("n", f"Customer-months in which it was held, of {len(watched.rows):,} in the window. A customer leaves once at most."),
        ("Left a month", "Left by themselves in that month / customer-months; not paying and what nobody can prevent are no wish to leave. Wilson's 95 % interval. Full: with the product; hollow: without."),
    )  # fmt: skip
    if not unknown:
        return [notes]
    told = f"{unknown:,} of {total:,} holdings ({percent(unknown / total)}) have no known beginning and count as held from before the first month."
    return [notes, element("p", told, class_="note")]
