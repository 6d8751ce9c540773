"""A small world at the end of its history, played once."""

from __future__ import annotations

import pytest

from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS


@pytest.fixture(scope="session")
def history() -> Play:
    """To be branched, not played on."""
    return opened(set_up(WORLDS["base"], 2, 900)).run(RandomEligible(share=0.5), HISTORY)
