"""What customers want, and what they buy unasked: the largest of normal utilities, when it is large enough (multinomial probit)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.goods import JUDGED, LIST, TERM
from training.simulator.laboratory.luck import Flags, Floats, Ints, Kind

if TYPE_CHECKING:
    from training.simulator.laboratory.goods import Goods
    from training.simulator.laboratory.parameters import Parameters
    from training.simulator.laboratory.people import People
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State

MAINS = 0.5
"""How much of the confounding also moves the products whose lock-in is not judged."""
TALKED_INTO = 1.5
"""Withdrawals of who was talked into it, against those of who wanted it."""
NOTHING = -1


def tastes(numbers: Parameters, goods: Goods, people: People) -> Floats:
    """(n, P) what lasts of a customer's utility: needs·z·a + confounding·(√(1-hidden)·engagement + √hidden·unseen) - thrift·τ·dearness."""
    seen, unseen = np.sqrt(1.0 - numbers.hidden), np.sqrt(numbers.hidden)
    loyal = numbers.confounding * (seen * people.engagement + unseen * people.unseen)
    dear = numbers.thrift * people.thrift[:, None] * goods.dearness
    fits = numbers.needs * people.needs @ goods.attributes.T
    return np.asarray(fits + loyal[:, None] * np.where(JUDGED, 1.0, MAINS) - dear)


def wishes(setting: Setting, state: State, month: int) -> Floats:
    """(n, P) utility of each product in this month, of whoever holds what he holds, noise apart: taste + popularity + relations·held."""
    related = state.held.astype(np.float64) @ setting.goods.related
    return np.asarray(setting.taste[state.people.number] + setting.popularity(month) + related)


def open_products(setting: Setting, state: State) -> Flags:
    """(n, P) What may be bought now: not held, its need met, no step down from what is held, not barred."""
    return may_buy(setting, state.held, state.barred)


def may_buy(setting: Setting, held: Flags, barred: Flags) -> Flags:
    """(k, P) The same of some, by what they hold and what is barred for them."""
    down = (held.astype(np.float64) @ setting.goods.dearer.T) > 0
    return np.asarray(setting.goods.open_to(held) & ~down & ~barred)


def picks(
    setting: Setting, state: State, month: int, utility: Floats, reluctance: float | None = None
) -> Ints:
    """(n,) The product bought in this month if nobody asks, NOTHING for most."""
    least = setting.parameters.reluctance if reluctance is None else reluctance
    noisy = utility + state.people.luck.normal(Kind.WANT, month, utility.shape[1])
    tempted = np.unique(np.nonzero(noisy > least)[0])
    can = may_buy(setting, state.held[tempted], state.barred[tempted])
    wanted = np.where(can, noisy[tempted], -np.inf)
    best = wanted.argmax(axis=1)
    pick = np.full(len(noisy), NOTHING)
    pick[tempted] = np.where(wanted.max(axis=1) > least, best, NOTHING)
    return pick


def buy(setting: Setting, state: State, month: int, product: Ints, *, persuaded: Flags | None = None) -> None:
    """Everyone with a product in `product` begins to hold it, gives up what it replaces, and may withdraw before the next month."""
    who = np.flatnonzero(product != NOTHING)
    what = product[who]
    state.held[who] &= ~setting.goods.swaps[what]
    state.held[who, what] = True
    state.since[who, what] = month
    state.term[who] = np.maximum(state.term[who], TERM[what])
    rate = setting.parameters.withdrawn * (
        1.0 if persuaded is None else np.where(persuaded[who], TALKED_INTO, 1.0)
    )
    again = state.people.luck.uniform(Kind.WITHDRAW, month, np.maximum(product, 0))[who] < rate
    state.cooling[who, what] = again & ~np.array([good.main for good in LIST])[what]
