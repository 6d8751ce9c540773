"""Small worlds, played once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS

Opens = Callable[..., Play]


@pytest.fixture(scope="session")
def opens() -> Opens:
    """A world by name at the end of its history; the same call gives a branch of the same play."""
    played: dict[tuple[str, int, int], Play] = {}

    def at_the_start_of_deciding(name: str = "base", seed: int = 1, customers: int = 800) -> Play:
        key = (name, seed, customers)
        if key not in played:
            play = opened(set_up(WORLDS[name], seed, customers))
            played[key] = play.run(RandomEligible(share=0.5), HISTORY)
        return played[key].branch()

    return at_the_start_of_deciding
