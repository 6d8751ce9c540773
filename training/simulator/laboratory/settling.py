"""How customers came to what they hold at month 0: a first product on the day they came, others since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import wanting
from training.simulator.laboratory.goods import LIST, MAIN, TERM
from training.simulator.laboratory.luck import Kind
from training.simulator.laboratory.state import State, at_first
from training.simulator.laboratory.troubles import STAYS_AWAY, STRAYS

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Ints
    from training.simulator.laboratory.setting import Setting

ROUNDS = 8
"""Turns between coming and month 0; who came lately sits most of them out."""
EAGER = 1.1
"""How much less reluctant a customer is in a turn, which stands for several months, than in a month."""
LATELY = 20.0
"""Months after which a customer takes part in 63 % of the turns."""
NOW = 10**6
"""Stands for the month of a purchase until it has been dated."""


def settled(setting: Setting) -> State:
    """The customers at month 0."""
    state = at_first(setting.people)
    people, luck = state.people, state.people.luck
    noise = luck.normal(Kind.WANT, -ROUNDS - 1, len(LIST))
    alone = MAIN & ~setting.goods.needs.any(axis=1)
    _take(
        setting,
        state,
        np.where(alone, wanting.wishes(setting, state, 0) + noise, -np.inf).argmax(axis=1),
        -people.tenure,
    )
    reluctance = setting.parameters.reluctance - EAGER
    for turn in range(-ROUNDS, 0):
        share = (-turn - luck.uniform(Kind.DAY, turn)) / ROUNDS
        pick = wanting.picks(setting, state, turn, wanting.wishes(setting, state, 0), reluctance)
        active = luck.uniform(Kind.TENURE, turn) < 1.0 - np.exp(-people.tenure / LATELY)
        month = np.minimum(np.floor(-people.tenure * share).astype(np.int64), -1)
        _take(setting, state, np.where(active, pick, wanting.NOTHING), month)
    bound = np.where(state.held & (TERM > 0), state.since + TERM, 0).max(axis=1)
    state.term[:] = np.maximum(bound, 0)
    state.away[:] = STRAYS / np.sqrt(1.0 - STAYS_AWAY**2) * luck.normal(Kind.AWAY, -1)
    return state


def _take(setting: Setting, state: State, product: Ints, month: Ints) -> None:
    wanting.buy(setting, state, NOW, product)
    state.cooling[:] = False
    state.since[:] = np.where(state.since == NOW, month[:, None], state.since)
