"""Says nothing, ever: what doing anything is measured against."""

from __future__ import annotations

from pathlib import Path

from training.simulator.laboratory.desk import Policy
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.policies import Silent
from training.worlds.entrant import NOTHING, Entrant


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """Nothing to learn."""
    return Silent()


ENTRANT = Entrant(NOTHING, "says nothing", make)
