"""What a set of holdings means: its price and margin, and what accepting each action would make of it.

Most customers share their holdings with many others, so all this is worked out once for each set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from models.catalogue import Catalogue
from models.features import Floats
from models.memo import Memo
from models.swaps import Fitting, Stop, Swap, fits_together, fittings, lacks, product_needs
from models.worse_off import WORSE_OFF, worse_off_values

Said = TypeVar("Said")


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
        stop = lacks(fitting, held)
        swap = fitting.swap(held) if stop is None else None
        if swap is None:
            return stop or Stop("nothing_to_replace", (("replaces", fitting.action.replaces),))
        stop = fits_together(swap, held, self._needs)
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
