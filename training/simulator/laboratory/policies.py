"""The two policies every other one is measured against: saying nothing, and saying anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulator.laboratory.deeds import DEEDS
from training.simulator.laboratory.desk import NONE, SHOWN, Desk, Proposals, nothing
from training.simulator.laboratory.luck import Kind, luck_of


@dataclass(frozen=True)
class Silent:
    """Nothing, ever."""

    def propose(self, desk: Desk) -> Proposals:
        """Empty for all."""
        return nothing(len(desk.customer))


@dataclass(frozen=True)
class RandomEligible:
    """Three eligible deeds in random order, each as likely as the other; in a share of the contacts only.

    What is said to whom depends on seed, customer and month alone. `probability` is that of the first one among those who are asked;
    whether a contact is asked at all is drawn before, and `share` is known.
    """

    seed: int = 0
    share: float = 1.0

    def propose(self, desk: Desk) -> Proposals:
        """A draw for every contact."""
        luck = luck_of(self.seed, desk.customer)
        order = np.where(desk.eligible, luck.uniform(Kind.POLICY, desk.month, len(DEEDS)), 2.0)
        deed = np.argsort(order, axis=1)[:, :SHOWN]
        count = desk.eligible.sum(axis=1)
        asks = luck.uniform(Kind.MISSING, desk.month) < self.share
        there = (np.arange(SHOWN) < count[:, None]) & asks[:, None]
        return Proposals(np.where(there, deed, NONE), np.where(asks, 1.0 / np.maximum(count, 1), 1.0))
