"""What changes in a customer from month to month."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.luck import Flags, Floats, Ints
from training.simulator.laboratory.people import People
from training.simulator.laboratory.rows import Rows

LOOK_BACK = 3
"""Months of outages and contacts that facts tell of."""


@dataclass(frozen=True)
class State(Rows):
    """(n,) unless said. The record is frozen, its arrays are written to.

    held, since     (n, P) what is held, and the month it began (below 0 before the play)
    cooling         (n, P) what was bought and will be withdrawn with the next month
    barred          (n, P) what is not bought in this month, whatever is wanted: the control arm of an experiment
    term, ended     months the term still runs; whether it ended with the last month
    discount, lasts cents a month, and months they are still given; `stopped`: cents that ended with the last month
    frustration     with the service: decaying sum of outages and complaints
    grievance       about prices: decaying sum of bills that shock, rises and discounts that ended
    away            how far life has moved from what is held: slow, and use falls with it
    alert           how awake being asked still keeps
    goodwill        pull to stay that a save left
    asked           times asked, decaying
    learned         what threatening has taught
    missed          payments missed in a row
    outages, contacts (n, LOOK_BACK) hours, number, latest month first
    """

    people: People
    here: Flags
    held: Flags
    since: Ints
    cooling: Flags
    barred: Flags
    term: Ints
    ended: Flags
    discount: Ints
    lasts: Ints
    stopped: Ints
    frustration: Floats
    grievance: Floats
    away: Floats
    alert: Floats
    goodwill: Floats
    asked: Floats
    learned: Floats
    missed: Ints
    complaint: Flags
    bill_change: Floats
    outages: Floats
    contacts: Ints

    def copy(self) -> State:
        """The same, to be played on otherwise."""
        return self.take(np.arange(len(self.here)))

    def again(self, number: int) -> State:
        """The same customers now, with other luck from now on."""
        people = self.people
        others = replace(people, luck=people.luck.again(number), place=people.place.again(number))
        return replace(self.copy(), people=others)


def at_first(people: People) -> State:
    """Before anything is held."""
    n, products = len(people.number), len(LIST)

    def none(*shape: int) -> Floats:
        return np.zeros((n, *shape))

    def zeros(*shape: int) -> Ints:
        return np.zeros((n, *shape), dtype=np.int64)

    def no(*shape: int) -> Flags:
        return np.zeros((n, *shape), dtype=bool)

    return State(
        people=people,
        here=~no(),
        held=no(products),
        since=zeros(products),
        cooling=no(products),
        barred=no(products),
        term=zeros(),
        ended=no(),
        discount=zeros(),
        lasts=zeros(),
        stopped=zeros(),
        frustration=none(),
        grievance=none(),
        away=none(),
        alert=none(),
        goodwill=none(),
        asked=none(),
        learned=none(),
        missed=zeros(),
        complaint=no(),
        bill_change=none(),
        outages=none(LOOK_BACK),
        contacts=zeros(LOOK_BACK),
    )


def next_month(state: State) -> None:
    """Clocks run on, and what was felt fades."""
    state.ended[:] = state.term == 1
    np.maximum(state.term - 1, 0, out=state.term)
    stops = state.lasts == 1
    state.stopped[:] = np.where(stops, state.discount, 0)
    state.discount[stops] = 0
    np.maximum(state.lasts - 1, 0, out=state.lasts)
    state.alert[:] *= 0.5
    state.goodwill[:] *= 0.6
    state.asked[:] *= 0.7
    state.held[:] &= ~state.cooling
    state.cooling[:] = False
    state.barred[:] = False
