"""Stock: an action that may be accepted only so often in all, by all customers together, and is gone."""

from __future__ import annotations

from models.catalogue import Catalogue
from models.swaps import Stop

STOCK = "stock"
"""The rule id under which an action that is gone is vetoed, in the tier `eligibility`."""


def gone(sold_out: frozenset[str], catalogue: Catalogue) -> dict[int, Stop]:
    """The rows of the catalogue that are sold out. What the catalogue at hand does not limit is not."""
    if not sold_out:
        return {}
    return {
        row: Stop(STOCK, (("stock", action.stock),))
        for row, action in enumerate(catalogue.actions)
        if action.stock is not None and action.id in sold_out
    }
