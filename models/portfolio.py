"""What a set of holdings means: its price and margin, and what accepting each action would make of it.

Most customers share their holdings with many others, so all this is worked out once for each set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np

from models.actions import Action
from models.catalogue import Catalogue
from models.comparison import WORSE_OFF, worse_off_values
from models.domain import FactValue
from models.features import Floats
from models.memo import Memo
from models.products import Product

Said = TypeVar("Said")


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


@dataclass(frozen=True)
class Portfolio:
    """One set of holdings, known by `key`; euros a month. `fits` has a row an action: what accepting would change, or what stops it."""

    key: tuple[tuple[str, int], ...]
    held: Mapping[str, int]
    families: tuple[str, ...]
    price: float
    margin: float
    benefit: float
    fits: tuple[Swap | Stop, ...]
    _vectors: dict[tuple[str, ...], Floats] = field(default_factory=dict)
    _said: dict[tuple[int, str], Any] = field(default_factory=dict)

    def said(self, row: int, language: str, say: Callable[[], Said]) -> Said:
        """What an action means to all who hold this, in a language; worked out by `say` when first asked."""
        made: Said | None = self._said.get((row, language))
        if made is None:
            made = self._said[row, language] = say()
        return made

    def vector(self, products: tuple[str, ...]) -> Floats:
        """1 for every product held, in a model's order; (P,), not to be written to."""
        made = self._vectors.get(products)
        if made is None:
            made = np.array([1.0 if product_id in self.held else 0.0 for product_id in products])
            made.flags.writeable = False
            self._vectors[products] = made
        return made


class Portfolios:
    """Portfolios made before, by what is held."""

    def __init__(
        self, catalogue: Catalogue, allowed: frozenset[str] = frozenset(), most: int = 4_000
    ) -> None:
        """`allowed` are the actions that may leave a customer worse off."""
        self.fittings = fittings(catalogue)
        self._allowed = allowed
        self._catalogue = catalogue
        self._needs = product_needs(catalogue)
        self._made: Memo[tuple[tuple[str, int], ...], Portfolio] = Memo(most)

    def of(self, held: Mapping[str, int]) -> Portfolio:
        """What these holdings mean, products that the catalogue no longer knows left out."""
        product = self._catalogue.product
        key = tuple(sorted([item for item in held.items() if item[0] in product]))
        return self._made.get(key) or self._made.keep(key, self._worked_out(key))

    def _worked_out(self, key: tuple[tuple[str, int], ...]) -> Portfolio:
        held = dict(key)
        product = self._catalogue.product
        benefit = bundle_benefit(held, self._catalogue)
        price = sum(product[product_id].price * count for product_id, count in held.items()) - benefit
        return Portfolio(
            key=key,
            held=held,
            families=tuple(dict.fromkeys(product[product_id].family for product_id in held)),
            price=price,
            margin=sum(product[product_id].margin * count for product_id, count in held.items()) - benefit,
            benefit=benefit,
            fits=tuple(self._fit(fitting, held, benefit, price) for fitting in self.fittings),
        )

    def _fit(self, fitting: Fitting, held: Mapping[str, int], benefit: float, price: float) -> Swap | Stop:
        if not fitting.asks_holdings:
            return Swap((), (), held, benefit)
        stop = _lacks(fitting, held)
        swap = fitting.swap(held) if stop is None else None
        if swap is None:
            return stop or Stop("nothing_to_replace", (("replaces", fitting.action.replaces),))
        stop = _fits_together(swap, held, self._needs)
        if stop is not None:
            return stop
        swap = self._valued(swap, benefit)
        loses = worse_off_values(swap, fitting.action, price, self._catalogue)
        return swap if loses is None or fitting.action.id in self._allowed else Stop(WORSE_OFF, loses)

    def _valued(self, swap: Swap, benefit: float) -> Swap:
        product = self._catalogue.product
        gained = [product[product_id] for product_id in swap.sold]
        lost = [product[product_id] for product_id in swap.given_up]
        after = bundle_benefit(swap.after, self._catalogue)
        margin = sum(p.margin for p in gained) - sum(p.margin for p in lost) - (after - benefit)
        price = sum(p.price for p in gained) - sum(p.price for p in lost) - (after - benefit)
        return Swap(swap.sold, swap.given_up, swap.after, after, margin, price)


def bundle_benefit(held: Mapping[str, int], catalogue: Catalogue) -> float:
    """Euros a month the customer gets off because he holds a part of every kind of a bundle."""
    return sum(
        (
            bundle.discount
            for bundle, parts in catalogue.bundle_parts
            if all(not part.isdisjoint(held) for part in parts)
        ),
        start=0.0,
    )


def _lacks(fitting: Fitting, held: Mapping[str, int]) -> Stop | None:
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


def _fits_together(swap: Swap, held: Mapping[str, int], products: Mapping[str, ProductNeeds]) -> Stop | None:
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
