"""What holding a product really does to staying: potential outcomes, read off the world and not estimated.

Two readings. `potential_hazards`: this month's probability to leave, with and without. `lock_in`: what is true of an experiment that gives
a product to some and withholds it from the same, and lets everything else take its course; that is what a target trial estimates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from training.simulator.laboratory import wanting
from training.simulator.laboratory.expectation import expected
from training.simulator.laboratory.goods import TERM

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Floats, Ints
    from training.simulator.laboratory.month import Outcome
    from training.simulator.laboratory.play import Play


@dataclass(frozen=True)
class LockIn:
    """Of one product, over the customers of `row`: (k, months) probability to have left by the end of each month, with and without it.

    Leaving is leaving by himself; other ends come alike in both. `effect`: the average difference after the last month, below zero when
    holding it keeps customers.
    """

    product: int
    row: Ints
    gone_with: Floats
    gone_without: Floats

    @property
    def effect(self) -> float:
        """The average change of the probability to have left."""
        return float((self.gone_with[:, -1] - self.gone_without[:, -1]).mean())


def potential_hazards(play: Play, outcome: Outcome, product: int) -> tuple[Floats, Floats]:
    """(n,) each: the probability to leave in the month of this outcome of the play without and with the product, all else as it was.

    A product that binds is judged by its pull alone: its term is a barrier and no lock-in.
    """
    own = play.setting.pull[play.state.people.number, product]
    bare = outcome.pressure.gap + own * outcome.held[:, product]
    awake = ndtr(outcome.pressure.wakefulness)
    return np.asarray(awake * ndtr(bare)), np.asarray(awake * ndtr(bare - own))


def eligible(play: Play, product: int) -> Ints:
    """Rows of those who could buy the product in the month to come."""
    return np.flatnonzero(wanting.open_products(play.setting, play.state)[:, product] & play.state.here)


def clv(play: Play, months: int, *, lucks: int = 4) -> Floats:
    """(n,) expected cents of the months to come with nothing said, averaged over runs of luck; 0 of who is gone."""
    return np.mean([expected(play.branch(luck=luck), months) for luck in range(1, lucks + 1)], axis=0)  # type: ignore[no-any-return]  # a mean over the first axis of two


def lock_in(play: Play, product: int, months: int, rows: Ints | None = None, *, lucks: int = 1) -> LockIn:
    """Give the product to `rows` (default: everyone eligible) at the start of the month to come, or withhold it in that month; play both.

    Nothing is said to anybody meanwhile. Averages over `lucks` runs of other luck. Who holds it at the end of the control arm took it later, as in life.
    For the effect on those who took it in a month, branch the play before that month and give their rows: overlap is thin where few buy.
    """
    row = eligible(play, product) if rows is None else rows
    runs = [play.branch(row, luck=luck, nobody_leaves=True) for luck in range(1, lucks + 1)]
    with_it = [_gone(run.branch(), product, months, given=True) for run in runs]
    without = [_gone(run, product, months, given=False) for run in runs]
    return LockIn(product, row, np.mean(with_it, axis=0), np.mean(without, axis=0))


def _gone(branch: Play, product: int, months: int, *, given: bool) -> Floats:
    state = branch.state
    if given:
        wanting.buy(branch.setting, state, branch.month, np.full(len(state.here), product))
        state.cooling[:] = False
        if TERM[product]:
            state.term[:] = np.maximum(state.term, TERM[product])
    else:
        state.barred[:, product] = True
    branch.run(None, months)
    stays = np.cumprod([1.0 - outcome.hazard for outcome in branch.outcomes], axis=0)
    return np.asarray(1.0 - stays.T)
