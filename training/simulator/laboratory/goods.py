"""What can be held: the list all worlds share, and what the seed draws about each: attributes, popularity, true effect on staying."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.luck import GOODS, Flags, Floats, Ints, Kind, luck_of
from training.simulator.laboratory.people import DIMENSIONS

if TYPE_CHECKING:
    from training.simulator.laboratory.parameters import Parameters


@dataclass(frozen=True)
class Good:
    """`price` and `margin`: cents a month. `needs`: a family that must be held. `main`: one of its family at a time, and no lock-in of its own.

    `leans`: its part in each dimension of need. `term`: months it binds (lock-in by barrier).
    """

    id: str
    family: str
    price: int
    margin: int
    needs: str | None
    leans: tuple[float, float, float, float]
    main: bool = False
    term: int = 0


LIST = (
    Good("mobile-basic", "mobile", 1250, 550, None, (0.2, 0, 0, 0), main=True),
    Good("mobile-plus", "mobile", 2450, 1200, None, (0.9, 0, 0, 0), main=True),
    Good("line-basic", "internet", 3900, 1000, None, (0, 0, 0.1, 0), main=True),
    Good("line-fast", "internet", 5200, 1900, None, (0, 0.2, 0.9, 0), main=True),
    Good("phone-plan", "device", 2200, 300, "mobile", (0.6, 0, 0, 0), term=24),
    Good("extra-sim", "extra_sim", 900, 450, "mobile", (0.6, 0.3, 0, 0)),
    Good("roaming", "roaming", 750, 320, "mobile", (0.8, 0, 0, 0.2)),
    Good("device-cover", "cover", 850, 280, "mobile", (0.3, 0, 0, 0.8)),
    Good("tv", "tv", 1250, 550, "internet", (0, 0.9, 0, 0)),
    Good("tv-sport", "sport", 1500, 350, "tv", (0, 0.8, 0, 0)),
    Good("films", "films", 1000, 250, "internet", (0, 0.7, 0.4, 0)),
    Good("music", "music", 800, 200, "mobile", (0.5, 0.6, 0, 0)),
    Good("wifi", "wifi", 600, 330, "internet", (0, 0, 0.8, 0.2)),
    Good("fixed-phone", "phone", 750, 450, "internet", (-0.4, 0, -0.3, 0.5)),
    Good("security", "security", 500, 300, None, (0, 0, 0.2, 0.9)),
    Good("cloud", "cloud", 400, 240, None, (0.4, 0, 0.4, 0.4)),
    Good("smart-home", "smart", 1100, 420, "internet", (0, 0.1, 0.5, 0.5)),
)
RELATIONS = {
    ("tv", "films"): -0.35,
    ("films", "music"): -0.2,
    ("fixed-phone", "extra-sim"): -0.3,
    ("tv", "tv-sport"): 0.4,
    ("line-fast", "films"): 0.35,
    ("line-fast", "wifi"): 0.35,
    ("wifi", "smart-home"): 0.4,
    ("mobile-plus", "roaming"): 0.3,
    ("mobile-plus", "music"): 0.25,
    ("security", "cloud"): 0.3,
    ("mobile-plus", "line-fast"): 0.3,
}
"""Utility of one for who holds the other: substitutes below zero, complements above."""
LEADS = {("phone-plan", "device-cover"): 0.6}
"""The same, of the second for who holds the first; not the other way round."""
IDS = tuple(good.id for good in LIST)
FAMILIES = tuple(dict.fromkeys(good.family for good in LIST))
MAIN = np.array([good.main for good in LIST])
TERM = np.array([good.term for good in LIST])
JUDGED = ~MAIN & (TERM == 0)
"""Products whose holding may change staying by itself: no main product and none that binds."""
ZERO, NEGATIVE = 4, 3
"""Of the twelve judged: how many change nothing, how many make leaving likelier."""


@dataclass(frozen=True)
class Goods:
    """(P,) unless said. `effect`: pull to stay while held, in deviations of the monthly pressure; the truth lock-in is to find.

    `related` (P, P): utility a holding (row) gives a product (column). `needs` (P, P): products of which one must be held, all false without
    a need. `swaps` (P, P): what taking one (row) gives up.
    """

    attributes: Floats
    popularity: Floats
    effect: Floats
    dearness: Floats
    price: Ints
    margin: Ints
    related: Floats
    needs: Flags
    swaps: Flags

    @cached_property
    def dearer(self) -> Floats:
        """(P, P) 1 where the one (column) is a step up from the other (row) in its place."""
        return np.asarray(self.swaps & (self.price[:, None] < self.price), dtype=np.float64)

    def open_to(self, held: Flags) -> Flags:
        """(n, P): not held, and what it needs is."""
        met = ~self.needs.any(axis=1) | ((held @ self.needs.T.astype(np.float64)) > 0)
        return np.asarray(~held & met)


def draw_goods(seed: int, parameters: Parameters) -> Goods:
    """The goods of the world of this seed."""
    luck = luck_of(seed, GOODS + np.arange(len(LIST)))
    price = np.array([good.price for good in LIST])
    related = np.zeros((len(LIST), len(LIST)))
    for (one, other), utility in RELATIONS.items():
        row, column = IDS.index(one), IDS.index(other)
        related[row, column] = related[column, row] = utility
    for (one, other), utility in LEADS.items():
        related[IDS.index(one), IDS.index(other)] = utility
    family = np.array([FAMILIES.index(good.family) for good in LIST])
    needed = np.array([-1 if good.needs is None else FAMILIES.index(good.needs) for good in LIST])
    same = family[:, None] == family[None, :]
    leans = np.array([good.leans for good in LIST])
    return Goods(
        attributes=leans + 0.25 * luck.normal(Kind.ATTRIBUTE, 0, DIMENSIONS),
        popularity=0.25 * luck.normal(Kind.POPULARITY),
        effect=parameters.locking * _effects(luck.uniform(Kind.ORDER), luck.uniform(Kind.EFFECT)),
        dearness=(price - price.mean()) / price.std(),
        price=price,
        margin=np.array([good.margin for good in LIST]),
        related=parameters.relations * related,
        needs=needed[:, None] == family[None, :],
        swaps=same & MAIN[:, None] & MAIN[None, :] & ~np.eye(len(LIST), dtype=bool),
    )


def _effects(order: Floats, size: Floats) -> Floats:
    """A third of the judged products nil, a quarter -.15 to -.3, the others .15 to .4; which is which is drawn."""
    effect = np.zeros(len(LIST))
    judged = np.flatnonzero(JUDGED)
    judged = judged[np.argsort(order[judged])]
    bad, good = judged[ZERO : ZERO + NEGATIVE], judged[ZERO + NEGATIVE :]
    effect[bad] = -0.15 - 0.15 * size[bad]
    effect[good] = 0.15 + 0.25 * size[good]
    return effect
