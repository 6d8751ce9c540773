"""Who would leave: who is awake, and for whom the outside is better.

    hazard = Phi(wakefulness) · Phi(gap),      gap = rest + sum of pushes

Who leaves by himself is awake (a normal draw below his wakefulness) and has a gap that, with the month's noise, is above zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from training.simulator.laboratory.luck import Flags, Floats, Ints, Kind
from training.simulator.laboratory.rows import Rows

if TYPE_CHECKING:
    from training.simulator.laboratory.goods import Goods
    from training.simulator.laboratory.parameters import Parameters
    from training.simulator.laboratory.people import People
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State
    from training.simulator.laboratory.troubles import Troubles

PER_EURO = 0.04
"""Pull to stay of a euro of discount a month."""


@dataclass(frozen=True)
class Pressure(Rows):
    """(n,) `rest` and `wakefulness`; `pushes` (n, motives), none below zero."""

    rest: Floats
    pushes: Floats
    wakefulness: Floats

    @cached_property
    def gap(self) -> Floats:
        """By how much the outside is better, noise apart."""
        return np.asarray(self.rest + self.pushes.sum(axis=1))

    @cached_property
    def hazard(self) -> Floats:
        """The probability to leave by himself in this month, given everything but the month's two draws."""
        return np.asarray(ndtr(self.wakefulness) * ndtr(self.gap))

    @cached_property
    def motive(self) -> Ints:
        """The push that dominates; price where nothing pushes."""
        return np.asarray(self.pushes.argmax(axis=1))


def pulls(numbers: Parameters, goods: Goods, people: People) -> Floats:
    """(n, P) what holding each product adds to a customer's staying: effect·(1 + response·deviation)."""
    return np.asarray(goods.effect * (1.0 + numbers.response * people.response))


def pressure(setting: Setting, state: State, troubles: Troubles) -> Pressure:
    """As things stand now."""
    numbers, people = setting.parameters, state.people
    loyal = numbers.loyalty * (people.engagement + people.unseen) / np.sqrt(2.0)
    holding = np.einsum("np,np->n", setting.pull[people.number], state.held)
    paid = PER_EURO * numbers.saving * state.discount / 100.0
    rest = -numbers.calm - loyal - holding - paid - state.goodwill - numbers.barrier * (state.term > 0)
    pushes = [
        numbers.price * state.grievance * np.exp(0.3 * people.thrift),
        numbers.service * state.frustration,
        numbers.rival * troubles.campaign,
        0.9 * troubles.moved,
        0.5 * np.maximum(state.away, 0.0),
    ]
    wakefulness = (
        -numbers.sleep
        - 0.5 * people.inertia
        + 0.5 * state.grievance
        + 0.3 * state.frustration
        + 0.4 * troubles.campaign
        + 1.0 * troubles.moved
        + 0.3 * np.maximum(state.away, 0.0)
        + numbers.clock * state.ended
        + state.alert
    )
    return Pressure(rest, np.column_stack(pushes), wakefulness)


def anew(setting: Setting, before: Pressure, state: State, troubles: Troubles, changed: Ints) -> Pressure:
    """As things stand now, when only the customers of the rows `changed` are not as they were `before`."""
    now = before.take(np.arange(len(before.rest)))
    now.put(changed, pressure(setting, state.take(changed), troubles.take(changed)))
    return now


def leaves(state: State, month: int, now: Pressure) -> Flags:
    """Who leaves by himself, with the luck of this month."""
    luck = state.people.luck
    awake = luck.normal(Kind.AWAKE, month) < now.wakefulness
    return np.asarray(awake & (now.gap + luck.normal(Kind.PRESSURE, month) > 0.0))
