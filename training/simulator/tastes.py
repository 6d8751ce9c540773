"""What is taken next: needs, the household and what is already held decide; the catalogue says what exists and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.people import NEEDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.catalogue import Catalogue
    from models.features import Floats
    from training.simulator.people import People

    Flags = npt.NDArray[np.bool_]

DRAWN_BY: dict[str, dict[str, float]] = {
    "mobile": {"data": 0.6},
    "extra_sim": {"home": 0.9, "data": 0.2},
    "device": {"data": 0.5, "thrift": -0.3},
    "device_cover": {"care": 0.9, "thrift": -0.4},
    "travel": {"abroad": 1.2},
    "internet": {"home": 0.5, "data": 0.3},
    "wifi": {"home": 0.8, "data": 0.2},
    "phone": {"care": 0.4, "data": -0.8},
    "abroad": {"abroad": 1.2, "data": -0.2},
    "tv": {"screen": 0.8, "home": 0.3},
    "streaming": {"screen": 1.1, "thrift": -0.3},
    "music": {"data": 0.6, "screen": 0.3, "thrift": -0.4},
    "security": {"care": 1.0, "home": 0.2},
    "backup": {"care": 0.7, "data": 0.3},
    "support": {"care": 0.8, "data": -0.5},
    "energy": {"thrift": 0.5, "home": 0.5},
}
"""Family -> what each need does to the logarithm of the rate at which it is taken. Other families follow `take_rate` alone."""

DRAWS: dict[tuple[str, str], float] = {
    ("mobile", "device"): 0.4,
    ("device", "device_cover"): 1.2,
    ("internet", "wifi"): 0.5,
    ("internet", "tv"): 0.7,
    ("tv", "streaming"): 0.6,
    ("streaming", "music"): 0.4,
    ("security", "backup"): 0.8,
    ("phone", "abroad"): 0.7,
    ("internet", "energy"): 0.3,
    ("mobile", "travel"): 0.2,
}
"""(held family, taken family) -> what holding the one does to the logarithm of the rate of the other."""

TIER = 0.7
"""How strongly the need, less thrift, decides between the cheap and the dear product of a family."""
DOWNGRADE = -2.5
MOST_OF_A_KIND = 3


@dataclass(frozen=True)
class Tastes:
    """The catalogue as matrices over P products: `pull` (needs, P), `draw` (P held, P taken), `requires` one (P, P) a requirement."""

    ids: tuple[str, ...]
    price: Floats
    base: Floats
    pull: Floats
    draw: Floats
    excludes: Flags
    requires: tuple[tuple[int, Flags], ...]
    repeatable: Flags
    family: tuple[str, ...]

    def of_family(self, *families: str) -> Flags:
        """(P,) which products belong to one of these families."""
        return np.array([family in families for family in self.family])

    def allowed(self, held: Floats) -> Flags:
        """(N, P): not held (or repeatable and few), and what it requires is there. What it excludes is replaced."""
        allowed = (held == 0) | (self.repeatable & (held < MOST_OF_A_KIND))
        for product, needed in self.requires:
            allowed[:, product] &= (held[:, needed] > 0).any(axis=1)
        return allowed  # type: ignore[no-any-return]  # numpy: Any

    def rates(self, people: People, held: Floats) -> Floats:
        """(N, P) acquisitions a month that each customer would make of each product now."""
        log = self.base + people.needs @ self.pull + (held > 0) @ self.draw
        log = log + np.where(
            (people.household >= 3)[:, None], self.of_family("extra_sim", "security") * 0.6, 0.0
        )
        for product in np.flatnonzero(self.excludes.any(axis=1)):
            dearer = self.excludes[product] & (self.price > self.price[product])
            log[:, product] += DOWNGRADE * (held[:, dearer] > 0).any(axis=1)
        return np.where(self.allowed(held), np.exp(np.clip(log, -12.0, -0.5)), 0.0)


def tastes(catalogue: Catalogue) -> Tastes:
    """What the products of a catalogue mean to customers."""
    products = catalogue.products
    ids = tuple(product.id for product in products)
    family = tuple(product.family for product in products)
    tier = np.array([_tier(catalogue, product.id) for product in products])
    pull = np.array([[DRAWN_BY.get(name, {}).get(need, 0.0) for name in family] for need in NEEDS])
    for need, sign in (("data", 1.0), ("screen", 0.5), ("thrift", -1.0)):
        pull[NEEDS.index(need)] += sign * TIER * tier
    return Tastes(
        ids=ids,
        price=np.array([product.price for product in products]),
        base=np.log(np.array([max(product.take_rate, 1e-4) for product in products]) / 3.0),
        pull=pull,
        draw=np.array([[DRAWS.get((have, take), 0.0) for take in family] for have in family]),
        excludes=np.array([[_excludes(catalogue, one, other) for other in ids] for one in ids]),
        requires=tuple(
            (index, np.array([name in catalogue.members(needed) for name in ids]))
            for index, product in enumerate(products)
            for needed in product.requires
        ),
        repeatable=np.array([product.repeatable for product in products]),
        family=family,
    )


def _tier(catalogue: Catalogue, product_id: str) -> float:
    """-1 the cheapest of its family, 1 the dearest, 0 when it is alone."""
    family = catalogue.product[product_id].family
    prices = sorted(product.price for product in catalogue.products if product.family == family)
    place = prices.index(catalogue.product[product_id].price)
    return 2.0 * place / (len(prices) - 1) - 1.0 if len(prices) > 1 else 0.0


def _excludes(catalogue: Catalogue, one: str, other: str) -> bool:
    pairs = ((one, other), (other, one))
    return one != other and any(
        b in catalogue.members(name) for a, b in pairs for name in catalogue.product[a].excludes
    )
