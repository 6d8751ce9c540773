"""What is true of the target trials: who took a product in a month is played on with it and, with the same luck, without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.fit.trial import FOLLOWED, acquired, starts
from training.simulator.laboratory.play import opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.truth import lock_in
from training.simulator.laboratory.worlds import WORLDS

if TYPE_CHECKING:
    from training.fit.customer_panel import Panel
    from training.simulator.laboratory.play import Play


@dataclass(frozen=True)
class Watched:
    """A play, and the world as it was at the start of each of its months."""

    play: Play
    moments: list[Play]


def watched(world: str, seed: int, customers: int, months: int) -> Watched:
    """So many months in which half of the contacts are offered something at random."""
    play, moments = opened(set_up(WORLDS[world], seed, customers)), []
    for _ in range(months):
        moments.append(play.branch())
        play.run(RandomEligible(share=0.5), 1)
    return Watched(play, moments)


def true_log_ratio(world: Watched, panel: Panel, product: int) -> float:
    """ln(hazard ratio) of those the trial says took it: leavers per customer-month from the next month on, as the estimate counts them.

    `product`: its place in the laboratory's list, which must be that of the panel.
    """
    rows = np.flatnonzero(starts(panel) & acquired(panel)[:, product])
    number = panel.table["customer_id"][rows].str.slice(2).cast(int).to_numpy() - 1
    left, months = np.zeros(2), np.zeros(2)
    for month in np.unique(panel.month[rows]):
        who = number[panel.month[rows] == month]
        follow = min(FOLLOWED, panel.months - 1 - int(month))
        true = lock_in(world.moments[month], product, follow + 1, who)
        for arm, gone in enumerate((true.gone_with, true.gone_without)):
            stays = (1.0 - gone) / (1.0 - gone[:, :1])
            left[arm] += (1.0 - stays[:, follow]).sum()
            months[arm] += stays[:, :follow].sum()
    return float(np.log(left[0] / months[0]) - np.log(left[1] / months[1]))
