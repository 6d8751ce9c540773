"""Products that can never be sold, because each waits for another of them."""

from __future__ import annotations

from collections.abc import Mapping

Needs = Mapping[str, tuple[frozenset[str], ...]]
"""Each product with its requirements; one product held of each requirement is enough."""


def circles(needs: Needs) -> list[tuple[str, ...]]:
    """Circles of products in which every step has no way round: none of them can be the first to be held.

    A product that has a requirement with any obtainable product in it does not wait; what merely waits for a circle is not in it.
    """
    obtainable = _obtainable(needs)
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in needs:
        path: list[str] = []
        product = start
        while product not in obtainable and product not in seen:
            seen.add(product)
            path.append(product)
            waits_for = next(members for members in needs[product] if not members & obtainable)
            product = min(waits_for)
        if product in path:
            found.append(tuple(path[path.index(product) :]))
    return found


def _obtainable(needs: Needs) -> set[str]:
    """What can be held, starting from nothing."""
    held: set[str] = set()
    while True:
        more = {
            product
            for product, requirements in needs.items()
            if product not in held and all(members & held for members in requirements)
        }
        if not more:
            return held
        held |= more
