"""What enters a comparison. A policy is a file in this folder with a constant ENTRANT: nothing else registers it."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import training.worlds

if TYPE_CHECKING:
    from training.simulator.laboratory.desk import Policy
    from training.simulator.laboratory.play import Play


class Make(Protocol):
    """Called when the policy begins to decide, at the end of history, with the branch it will be played in.

    Of the play it may read what the company has written down (`seen`, `write_tables`); what is hidden is the oracle's alone. `seed` is its
    own, not the world's: the same seed gives the same answers. `workdir` is an empty folder that is thrown away.
    """

    def __call__(self, play: Play, seed: int, workdir: Path) -> Policy:
        """A policy that knows what can be learned from history."""


@dataclass(frozen=True)
class Entrant:
    """name as `--policies` takes it, what it does in one line, and how it is made."""

    name: str
    says: str
    make: Make


NOTHING, RANDOM, ORACLE = "nothing", "random", "oracle"
SCALE = (NOTHING, RANDOM, ORACLE)
"""Always played: what every score is measured against."""


def policies() -> dict[str, Entrant]:
    """Every policy in this folder by name; the scale first, the others in order of file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(training.worlds.__path__))
    found = (getattr(importlib.import_module(f"training.worlds.{name}"), "ENTRANT", None) for name in names)
    by_name = {entrant.name: entrant for entrant in found if isinstance(entrant, Entrant)}
    return {name: by_name[name] for name in (*SCALE, *(name for name in by_name if name not in SCALE))}
