"""Offers what was taken most lately, to everyone it may be offered to, at its full price."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.desk import Desk, Policy, Proposals
from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.play import Play
from training.worlds.entrant import Entrant
from training.worlds.ranking import best

LATELY = 6
"""Months."""
PLAIN = deeds.SALE & (deeds.DISCOUNT == 0)


@dataclass(frozen=True)
class Popularity:
    """Counts purchases, asked or unasked, of the last months."""

    def propose(self, desk: Desk) -> Proposals:
        """The three most taken among the eligible, whatever the contact is about."""
        bought = np.concatenate([seen.bought.product for seen in desk.past[-LATELY:]])
        taken = np.bincount(bought, minlength=len(LIST)).astype(np.float64)
        score = np.where(PLAIN, taken[deeds.SELLS], 0.0)
        return best(np.broadcast_to(score, desk.eligible.shape), desk.eligible)


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """It counts as it goes."""
    return Popularity()


ENTRANT = Entrant("popularity", "the three eligible products taken most in the last six months", make)
