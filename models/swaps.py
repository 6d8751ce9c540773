"""What accepting an action does to the holdings, and what of them stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from models.actions import Action
from models.catalogue import Catalogue
from models.domain import FactValue
from models.products import Product


@dataclass(frozen=True, slots=True)
class Swap:
    """What accepting does to the holdings: sold, given up (one each), and the products held afterwards.

    Euros a month: `benefit` is the bundle benefit afterwards, `margin` and `price` what margin and bill change by, it included.
    """

    sold: tuple[str, ...]
    given_up: tuple[str, ...]
    after: Mapping[str, int]
    benefit: float = 0.0
    margin: float = 0.0
    price: float = 0.0

    @property
    def is_step_down(self) -> bool:
        """Whether something held is exchanged for something cheaper."""
        return bool(self.sold) and bool(self.given_up) and self.price < 0


class Stop(NamedTuple):
    """A fit rule that stopped an action, with the values that decided: hashable, for most customers are stopped alike."""

    rule: str
    values: tuple[tuple[str, FactValue | tuple[str, ...] | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Fitting:
    """One action with its plain fields as sets, made once from the catalogue."""

    action: Action
    channels: frozenset[str]
    motives: frozenset[str]
    once: tuple[str, ...]
    replaces: tuple[tuple[str, ...], ...]
    requires: tuple[tuple[str, frozenset[str]], ...]
    excludes: tuple[tuple[str, frozenset[str]], ...]
    asks_holdings: bool

    def swap(self, held: Mapping[str, int]) -> Swap | None:
        """The holdings after accepting; None when there is nothing to replace. Of each family, the first listed that is held is given up."""
        given_up = [first for family in self.replaces if (first := _first_held(family, held)) is not None]
        if self.replaces and not given_up:
            return None
        after = dict(held)
        for product_id in given_up:
            after[product_id] -= 1
            if not after[product_id]:
                del after[product_id]
        for product_id in self.action.sells:
            after[product_id] = after.get(product_id, 0) + 1
        return Swap(self.action.sells, tuple(given_up), after)


def fittings(catalogue: Catalogue) -> tuple[Fitting, ...]:
    """One a action, in the catalogue's order."""
    return tuple(_fitting(action, catalogue) for action in catalogue.actions)


def _fitting(action: Action, catalogue: Catalogue) -> Fitting:
    families: dict[str, list[str]] = {}
    for product_id in action.replaces:
        families.setdefault(catalogue.product[product_id].family, []).append(product_id)
    return Fitting(
        action=action,
        channels=frozenset(action.channels),
        motives=frozenset(action.motives),
        once=tuple(product_id for product_id in action.sells if not catalogue.product[product_id].repeatable),
        replaces=tuple(map(tuple, families.values())),
        requires=tuple((name, catalogue.members(name)) for name in action.requires),
        excludes=tuple((name, catalogue.members(name)) for name in action.excludes),
        asks_holdings=bool(action.sells or action.replaces or action.requires or action.excludes),
    )


def _first_held(candidates: tuple[str, ...], held: Mapping[str, int]) -> str | None:
    return next((product_id for product_id in candidates if product_id in held), None)


@dataclass(frozen=True, slots=True)
class ProductNeeds:
    """What a product requires and excludes, as sets of products."""

    requires: tuple[tuple[str, frozenset[str]], ...]
    excludes: tuple[tuple[str, frozenset[str]], ...]


def product_needs(catalogue: Catalogue) -> dict[str, ProductNeeds]:
    """By product id. What excludes a product is excluded by it: two products that cannot stand together need to say so once."""
    return {
        product.id: ProductNeeds(
            tuple((name, catalogue.members(name)) for name in product.requires),
            (
                *((name, catalogue.members(name)) for name in product.excludes),
                *((other.id, frozenset((other.id,))) for other in _excluders(product, catalogue)),
            ),
        )
        for product in catalogue.products
    }


def _excluders(product: Product, catalogue: Catalogue) -> list[Product]:
    return [
        other
        for other in catalogue.products
        if any(product.id in catalogue.members(name) for name in other.excludes)
    ]


def lacks(fitting: Fitting, held: Mapping[str, int]) -> Stop | None:
    """What of the holdings stands in the way of an action before anything is exchanged."""
    for product_id in fitting.once:
        if product_id in held:
            return Stop("already_held", (("product", product_id),))
    for name, members in fitting.requires:
        if members.isdisjoint(held):
            return Stop("requires", (("requires", name),))
    for name, members in fitting.excludes:
        if not members.isdisjoint(held):
            return Stop("excludes", (("excludes", name),))
    return None


def fits_together(swap: Swap, held: Mapping[str, int], products: Mapping[str, ProductNeeds]) -> Stop | None:
    """What is sold must stand with what is held afterwards, and what is given up may leave nothing behind that needs it.

    A need that was not met before, in a record that does not add up, is not held against the action.
    """
    after = swap.after
    for product_id in after if swap.given_up else swap.sold:
        new = product_id in swap.sold
        for name, members in products[product_id].requires:
            if members.isdisjoint(after) and (new or not members.isdisjoint(held)):
                return Stop("requires", (("product", product_id), ("requires", name)))
    for product_id in swap.sold:
        for name, members in products[product_id].excludes:
            if any(other in members for other in after if other != product_id):
                return Stop("excludes", (("product", product_id), ("excludes", name)))
    return None
