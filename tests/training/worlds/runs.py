"""Runs as a comparison keeps them, of which a test states only what it is about."""

from __future__ import annotations

from typing import Any

from training.worlds.running import Run


def a_run(policy: str, euros: float = 0.0, seed: int = 0, world: str = "base", **rest: Any) -> Run:
    """Of 100 contacts in which `euros` were earned beyond a round thousand, over either horizon; no draw differs from it."""
    value = 1000.0 + euros
    usual: dict[str, Any] = {
        "values": (value, value),
        "draws": ((value,) * 3,) * 2,
        "customers": 50,
        "contacts": 100,
        "spoken": 80,
        "discount": 0.0,
        "judged": 40,
        "harmed": 4,
        "harm": 20.0,
        "worth": 60.0,
        "gap": None,
        "left": 3,
        "seconds": 1.0,
    }
    return Run(world=world, seed=seed, policy=policy, **{**usual, **rest})


def scale(seed: int = 0, world: str = "base", random: float = -200.0, oracle: float = 800.0) -> list[Run]:
    """Doing nothing, random and the oracle."""
    return [
        a_run("nothing", 0.0, seed, world),
        a_run("random", random, seed, world),
        a_run("oracle", oracle, seed, world),
    ]
