"""The policy that knows: what every other one is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.desk import NONE, SHOWN, Desk, Proposals
from training.simulator.laboratory.worth import worth

if TYPE_CHECKING:
    from training.simulator.laboratory.play import Play


@dataclass(frozen=True)
class Oracle:
    """The deeds of the highest true worth above zero, counted up to month `until`. It looks into the play it is run in; luck to come it does not know.

    It looks one contact ahead: what customers learn from being paid for threats it foresees only as far as they threaten in silence.
    """

    play: Play
    until: int
    lucks: int = 2

    def propose(self, desk: Desk) -> Proposals:
        """By worth, best first.

        Raises:
            ValueError: the play is not in a month.
        """
        if self.play.moment is None:
            raise ValueError("the oracle knows the play it was given, and that one is not being run")
        true = worth(
            self.play.setting, self.play.moment, desk.eligible, self.until - desk.month, lucks=self.lucks
        )
        deed = np.argsort(-true.cents, axis=1, kind="stable")[:, :SHOWN]
        gains = np.take_along_axis(true.cents, deed, axis=1) > 0
        return Proposals(np.where(gains, deed, NONE), np.ones(len(deed)))
