"""Knows what everything is worth, one contact ahead: the one of the score."""

from __future__ import annotations

from pathlib import Path

from training.simulator.laboratory.desk import Policy
from training.simulator.laboratory.oracle import Oracle
from training.simulator.laboratory.play import DECIDING, RUN_OUT, Play
from training.worlds.entrant import ORACLE, Entrant


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """It counts to the end of the run-out."""
    return Oracle(play, play.month + DECIDING + RUN_OUT)


ENTRANT = Entrant(ORACLE, "the three actions of the highest true worth above nothing", make)
