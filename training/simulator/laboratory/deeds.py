"""What can be proposed: an offer for every product, some with a discount, five ways to keep who wants to leave, one repair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulator.laboratory.goods import IDS as PRODUCTS
from training.simulator.laboratory.goods import LIST as GOODS

MOTIVES = ("price", "service", "competitor", "moving", "fit")
"""Why customers leave; the columns of `LIFT`."""


@dataclass(frozen=True)
class Deed:
    """An action. `discount`: cents a month for `months`; `cost`: cents on acceptance; `minutes`: to speak of it; `term`: months it binds.

    `lift`: what it takes off the pressure to leave, by motive. `wakes`: how much speaking of it wakes, against an offer. `mends`: share
    of the frustration with the service it takes away.
    """

    id: str
    kind: str
    sells: int = -1
    discount: int = 0
    months: int = 0
    cost: int = 0
    minutes: float = 1.0
    term: int = 0
    wakes: float = 1.0
    mends: float = 0.0
    lift: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


def _offers() -> tuple[Deed, ...]:
    plain = [Deed(f"offer-{good.id}", "offer", sells=number, cost=500) for number, good in enumerate(GOODS)]
    for name, discount, months in (
        ("mobile-plus", 600, 6),
        ("line-fast", 800, 6),
        ("tv", 500, 4),
        ("films", 400, 3),
    ):
        product = PRODUCTS.index(name)
        plain.append(Deed(f"deal-{name}", "offer", product, discount, months, cost=500, minutes=1.2))
    return tuple(plain)


DEEDS = (
    *_offers(),
    Deed(
        "save-apology", "save", cost=1500, minutes=3.0, wakes=1.5, mends=0.6, lift=(0.1, 0.8, 0.1, 0.0, 0.2)
    ),
    Deed("save-5x6", "save", -1, 500, 6, minutes=2.0, wakes=2.0, lift=(0.6, 0.1, 0.5, 0.05, 0.2)),
    Deed("save-5x12", "save", -1, 500, 12, minutes=2.0, wakes=2.0, lift=(0.65, 0.1, 0.55, 0.05, 0.25)),
    Deed("save-10x12", "save", -1, 1000, 12, minutes=2.0, wakes=2.0, lift=(1.0, 0.2, 0.85, 0.1, 0.35)),
    Deed("save-renewal", "save", -1, 250, 12, 2500, 2.5, 12, wakes=2.0, lift=(0.4, 0.0, 0.6, 0.0, 0.3)),
    Deed("service-repair", "service", cost=2000, minutes=4.0, wakes=0.0, mends=0.8),
)
IDS = tuple(deed.id for deed in DEEDS)
SELLS = np.array([deed.sells for deed in DEEDS])
SALE = SELLS >= 0
SAVE = np.array([deed.kind == "save" for deed in DEEDS])
SERVICE = np.array([deed.kind == "service" for deed in DEEDS])
DISCOUNT = np.array([deed.discount for deed in DEEDS])
MONTHS = np.array([deed.months for deed in DEEDS])
COST = np.array([deed.cost for deed in DEEDS])
MINUTES = np.array([deed.minutes for deed in DEEDS])
TERM = np.array([deed.term for deed in DEEDS])
WAKES = np.array([deed.wakes for deed in DEEDS])
MENDS = np.array([deed.mends for deed in DEEDS])
LIFT = np.array([deed.lift for deed in DEEDS])
