"""Holdings that differ by as little as it takes to hold, or to lack, what an action asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from models.solving import Aim
from models.swaps import Stop

if TYPE_CHECKING:
    from models.actions import Action
    from models.catalogue import Catalogue

MOST: Final = 4
"""Candidates worth trying."""
Held = Mapping[str, int]


def otherwise(aim: Aim, held: Held, catalogue: Catalogue) -> list[tuple[str, ...]]:
    """The holdings that meet an aim on products or families, as ids in their order, one for each piece held."""
    match aim.bound, aim.path:
        case "holds", _:
            return _with_one_of(catalogue.members(aim.value), held, catalogue)
        case "lacks", _:
            return [_listed(_without(catalogue.members(aim.value), held))]
        case "more", "customer.holdings":
            return _with_one_of((p.id for p in catalogue.products if p.id not in held), held, catalogue)
        case "fewer", "customer.holdings" if aim.value >= 0:
            return [_listed(dict(islice(held.items(), aim.value)))]
        case _:
            return []


def to_fit(stop: Stop, action: Action, held: Held, catalogue: Catalogue) -> list[tuple[str, ...]]:
    """The holdings with which this plain field would not stop the action."""
    said = dict(stop.values)
    product = str(said.get("product"))
    match stop.rule:
        case "already_held":
            return [_listed(_without({product}, held))]
        case "requires" if product in held and product not in action.sells:
            return [_listed(_without({product}, held))]
        case "requires":
            return _with_one_of(catalogue.members(str(said["requires"])), held, catalogue)
        case "excludes":
            return [_listed(_without(catalogue.members(str(said["excludes"])), held))]
        case _:
            others = [product_id for product_id in action.replaces if product_id not in held]
            return _with_one_of(others, held, catalogue)


def _with_one_of(candidates: Iterable[str], held: Held, catalogue: Catalogue) -> list[tuple[str, ...]]:
    """Those that what is held is enough for come first; among equals the order of the catalogue."""
    order = {product.id: place for place, product in enumerate(catalogue.products)}

    def lacking(product_id: str) -> int:
        needs = catalogue.product[product_id].requires
        return sum(catalogue.members(name).isdisjoint(held) for name in needs)

    ranked = sorted(candidates, key=lambda product_id: (lacking(product_id), order[product_id]))
    return [_listed(_with(product_id, held, catalogue)) for product_id in ranked[:MOST]]


def _with(product_id: str, held: Held, catalogue: Catalogue) -> dict[str, int]:
    """One more, in place of what cannot stand beside it."""
    added = catalogue.product[product_id]
    beside = {other for name in added.excludes for other in catalogue.members(name)}
    against = {
        other
        for other in held
        if any(product_id in catalogue.members(name) for name in catalogue.product[other].excludes)
    }
    kept = _without((beside | against) - {product_id}, held)
    return {**kept, product_id: kept.get(product_id, 0) + 1}


def _without(products: Iterable[str], held: Held) -> dict[str, int]:
    gone = frozenset(products)
    return {product_id: count for product_id, count in held.items() if product_id not in gone}


def _listed(held: Held) -> tuple[str, ...]:
    return tuple(product_id for product_id, count in held.items() for _ in range(count))
