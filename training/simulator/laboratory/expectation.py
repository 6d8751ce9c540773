"""Money in expectation: months are played with nothing said and nobody leaving, and each cent is weighted by the chance to be there for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import money

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Floats
    from training.simulator.laboratory.play import Play


def expected(play: Play, months: int, stays: Floats | None = None) -> Floats:
    """(n,) cents of the next months of each customer, who is there with probability `stays` (default: 1); the play is used up.

    Service is paid for who is there when a month begins, everything else for who is there when it ends.
    """
    play.nobody_leaves = True
    weight = np.ones(len(play.state.here)) if stays is None else stays
    total = np.zeros(len(weight))
    for _ in range(months):
        outcome = play.run(None, 1).outcomes.pop()
        service = outcome.entries[:, money.SERVICE]
        total += weight * service
        weight = weight * (1.0 - outcome.hazard)
        total += weight * (outcome.entries.sum(axis=1) - service)
    return total
