"""The tables of a play as the provider of `example` would have them: in the journal stand the actions of its own catalogue.

The laboratory writes deeds. A dearer plan in place of the cheaper one is the same deed as one sold to who has none, and another action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.simulator.laboratory.tables import write_tables
from training.worlds.example import action_of

if TYPE_CHECKING:
    from pathlib import Path

    from training.simulator.laboratory.play import Play


def write_provider_tables(play: Play, folder: Path) -> None:
    """What `write_tables` writes, with each action by its name in the catalogue.

    Raises:
        ValueError: a play with months that were not written down.
    """
    write_tables(play, folder, action_of)
