"""Policies that say one thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.desk import Desk, Proposals, nothing


@dataclass(frozen=True)
class Always:
    """One deed to everyone it may be proposed to, of the customers of even number or of all."""

    deed: str
    even: bool = False

    def propose(self, desk: Desk) -> Proposals:
        said = nothing(len(desk.customer))
        number = deeds.IDS.index(self.deed)
        may = desk.eligible[:, number] & ((desk.customer % 2 == 0) | np.bool_(not self.even))
        said.deed[may, 0] = number
        return said
