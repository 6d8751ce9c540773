"""Says anything eligible: the nought of the score."""

from __future__ import annotations

from pathlib import Path

from training.simulator.laboratory.desk import Policy
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.policies import RandomEligible
from training.worlds.entrant import RANDOM, Entrant


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """Nothing to learn."""
    return RandomEligible(seed)


ENTRANT = Entrant(RANDOM, "three eligible actions in random order", make)
