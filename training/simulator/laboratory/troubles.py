"""What happens to customers in a month, whatever anybody says to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.luck import Flags, Floats, Kind
from training.simulator.laboratory.people import QUALITY
from training.simulator.laboratory.rows import Rows

if TYPE_CHECKING:
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State

MOVES, DIES = 0.008, 0.0008
"""Probability a month of moving house, and of an end that nothing can prevent."""
CUT_OFF = 3
"""Payments missed in a row after which the contract is ended."""
UNITS_OF_RISE = 7.0
"""Grievance a price rise of 100 % would give; ten percent give .7."""
MISSES_AGAIN = 0.45
AUTUMN, PEAK = 0.5, 10
"""Competitors campaign half as often again in November, and half as often in May; month 0 is a January."""
STAYS_AWAY, STRAYS = 0.92, 0.25
"""Life moves away from what is held: x(t) = .92·x(t-1) + .25·normal."""


@dataclass(frozen=True)
class Troubles(Rows):
    """(n,) `hours` of outage; `bill`: shock of the bill, 0 for most; `campaign`: a competitor's, in the region; `complains`: opens a complaint."""

    hours: Floats
    bill: Floats
    campaign: Flags
    moved: Flags
    missed: Flags
    complains: Flags
    dies: Flags


def suffer(setting: Setting, state: State, month: int) -> Troubles:
    """Draw the month's troubles and leave their marks on the state."""
    numbers, people = setting.parameters, state.people
    luck, place = people.luck, people.place
    season = 1.0 + AUTUMN * np.cos(2.0 * np.pi * (month - PEAK) / 12.0)
    broken = place.uniform(Kind.OUTAGE, month) < numbers.outages * QUALITY[people.region]
    hit = broken & (luck.uniform(Kind.HIT, month) < 0.5)
    hours = np.where(hit, np.round(2.5 * np.exp(0.8 * luck.normal(Kind.HOURS, month)), 1) + 0.1, 0.0)
    unlucky = luck.uniform(Kind.BILL, month)
    bill = np.where(unlucky < numbers.bills, 0.4 + 0.8 * unlucky / max(numbers.bills, 1e-9), 0.0)
    rate = np.where(state.missed > 0, np.maximum(people.wallet, MISSES_AGAIN), people.wallet)
    state.frustration[:] = 0.6 * state.frustration + np.minimum(hours / 5.0, 2.5)
    complains = ~state.complaint & (
        luck.uniform(Kind.COMPLAINT, month) < 0.12 * np.minimum(state.frustration, 3.0)
    )
    troubles = Troubles(
        hours=hours,
        bill=bill,
        campaign=place.uniform(Kind.CAMPAIGN, month) < numbers.campaigns * season,
        moved=luck.uniform(Kind.MOVE, month) < MOVES,
        missed=luck.uniform(Kind.PAYMENT, month) < rate,
        complains=complains,
        dies=luck.uniform(Kind.DEATH, month) < DIES,
    )
    _mark(setting, state, month, troubles)
    return troubles


def _mark(setting: Setting, state: State, month: int, troubles: Troubles) -> None:
    rise = setting.rise(month)
    stopped = setting.parameters.saving * 0.0005 * state.stopped  # five euros that end hurt a quarter
    state.frustration[:] += 0.4 * troubles.complains
    state.complaint[:] = troubles.complains  # a complaint is closed with the next month
    state.grievance[:] = 0.7 * state.grievance + troubles.bill + UNITS_OF_RISE * rise + stopped
    state.bill_change[:] = np.round(0.3 * troubles.bill + rise, 3)
    state.away[:] = STAYS_AWAY * state.away + STRAYS * state.people.luck.normal(Kind.AWAY, month)
    state.missed[:] = np.where(troubles.missed, state.missed + 1, 0)
    state.outages[:] = np.column_stack([troubles.hours, state.outages[:, :-1]])
