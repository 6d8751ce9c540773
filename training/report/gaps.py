"""For which motive no save-offer is known to keep anybody who would have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.measured.intervals import LEVEL, Estimate, difference, share
from training.report.elements import Node, element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.measured.given import Given
    from training.measured.saved import Cells

FEWEST = 10
"""Contacts of a motive and a save before anything is said of the two."""


def verdict(given: Given, motive: str, cells: Cells, without: Mapping[str, Estimate]) -> list[Node]:
    """Whether any save keeps more customers of this motive than saying nothing, beyond luck: the level is shared among the saves tried."""
    tried = {action: found[1] for (action, of), found in sorted(cells.items()) if of == motive and found[1].n >= FEWEST}  # fmt: skip
    name = element("b", motive)
    if not any(of == motive for _, of in cells):
        return ["No effective offer for motive ", name, ": no save was spoken."]
    base = without.get(motive)
    if not tried or base is None or base.n < FEWEST:
        return [
            "No effective offer known for motive ",
            name,
            f": fewer than {FEWEST} contacts with the same save, or without any.",
        ]
    level = 1.0 - (1.0 - LEVEL) / len(tried)
    helps = [action for action, stayed in tried.items() if _over(stayed, base, level)]
    if not helps:
        n = sum(found.n for found in tried.values())
        return [
            "No effective offer for motive ",
            name,
            f": of {len(tried)} tried, spoken {n:,} times, none kept more of them than no save, beyond luck.",
        ]
    return [
        "For motive ",
        name,
        f" more stayed after {', '.join(given.title(action) for action in helps)} than where nothing was said.",
    ]


def _over(one: Estimate, other: Estimate, level: float) -> bool:
    again = [share(round(found.value * found.n), found.n, level) for found in (one, other)]
    return difference(*again).low > 0.0
