"""Why customers get in touch: most who are about to leave call first, trouble makes others call, and some only threaten.

P(cancel) = 1 - (1 - b)·(1 - c·Phi(wakefulness)·Phi(gap + NEARLY)),      b: threats, c: share that calls first
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from training.simulator.laboratory.deeds import MOTIVES
from training.simulator.laboratory.luck import Flags, Floats, Ints, Kind
from training.simulator.laboratory.rows import Rows
from training.simulator.laboratory.setting import COUNT

if TYPE_CHECKING:
    from training.simulator.laboratory.leaving import Pressure
    from training.simulator.laboratory.luck import Luck
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State
    from training.simulator.laboratory.troubles import Troubles

INTENTS = ("cancel", "technical", "bill", "information")
CANCEL, TECHNICAL, BILL, INFORMATION = range(4)
MINUTES = np.array([7.0, 9.0, 6.0, 4.0])
"""A contact takes, whatever is proposed; by intent."""
NEARLY = 0.3
"""How far from leaving one may be and still call to say so."""
MOST_THREATS = 0.5
TELLS, LIES = 0.7, 0.1
"""Share that tells the motive, and another one; the others tell none."""
UNTOLD = -1


@dataclass(frozen=True)
class Contacts(Rows):
    """The contacts of a month, at most one a customer. (m,) `row`: the customer's row in the state.

    `motive` as told, UNTOLD when it was not; `day` of the month, from 0. Nothing here is hidden from a policy.
    """

    row: Ints
    intent: Ints
    motive: Ints
    channel: Ints
    agent: Ints
    day: Ints


def threats(setting: Setting, state: State) -> Floats:
    """(n,) The probability to threaten without a wish to leave."""
    return np.minimum(setting.parameters.bluff + state.learned, MOST_THREATS)


def get_in_touch(setting: Setting, state: State, month: int, troubles: Troubles, now: Pressure) -> Contacts:
    """Who calls in this month, and why."""
    numbers, people, luck = setting.parameters, state.people, state.people.luck
    awake = luck.normal(Kind.AWAKE, month) < now.wakefulness
    near = awake & (now.gap + luck.normal(Kind.PRESSURE, month) > -NEARLY)
    means = near & (luck.uniform(Kind.CALL, month) < numbers.calls)
    bluffs = luck.uniform(Kind.BLUFF, month) < threats(setting, state)
    reasons = (
        0.3 * (troubles.hours > 0)
        + 0.3 * (troubles.bill > 0)
        + 0.4 * troubles.complains
        + 0.1 * troubles.moved
    )
    rate = people.talkative * (numbers.talk + reasons)
    talks = luck.uniform(Kind.CONTACT, month) < 1.0 - np.exp(-rate)
    cancel = means | bluffs
    row = np.flatnonzero(state.here & (cancel | talks))
    trouble = np.select([troubles.hours[row] > 0, troubles.bill[row] > 0], [TECHNICAL, BILL], INFORMATION)
    own = luck.among(row)
    return Contacts(
        row=row,
        intent=np.where(cancel[row], CANCEL, trouble),
        motive=_told(own, month, now.take(row).motive, cancel[row], means[row]),
        channel=people.channel[row],
        agent=(COUNT * own.uniform(Kind.AGENT, month)).astype(np.int64),
        day=(10 + 9 * own.uniform(Kind.DAY, month)).astype(np.int64),
    )


def _told(luck: Luck, month: int, motive: Ints, cancel: Flags, means: Flags) -> Ints:
    """Who only threatens says it is the price."""
    share = luck.uniform(Kind.STATED, month)
    other = (luck.uniform(Kind.WHICH_MOTIVE, month) * len(MOTIVES)).astype(np.int64)
    told = np.select([share < TELLS, share < TELLS + LIES], [np.where(means, motive, 0), other], UNTOLD)
    return np.where(cancel, told, UNTOLD)


def leaves_given_contact(
    share: float, bluff: Floats, cancel: Flags, before: Pressure, after: Pressure
) -> Floats:
    """(n,) P(leaves by himself in this month | called to cancel, or did not), when the call moved his pressure from `before` to `after`.

    `share` c of those who mean it calls; `bluff` b (n,) is `threats` before the call.

    With X = c·Phi(min w)·Phi(min(g1, g0 + NEARLY)) the probability to mean it, call, and leave all the same:
    leave and cancel X + b·(Phi(w1)·Phi(g1) - X), leave without such a call (1 - b)·(Phi(w1)·Phi(g1) - X).
    """
    near = share * ndtr(before.wakefulness) * ndtr(before.gap + NEARLY)
    calls = 1.0 - (1.0 - bluff) * (1.0 - near)
    both = (
        share
        * ndtr(np.minimum(before.wakefulness, after.wakefulness))
        * ndtr(np.minimum(after.gap, before.gap + NEARLY))
    )
    rest = after.hazard - both
    called = (both + bluff * rest) / np.maximum(calls, 1e-12)
    return np.asarray(np.where(cancel, called, (1.0 - bluff) * rest / (1.0 - calls)))
