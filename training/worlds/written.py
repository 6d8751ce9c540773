"""The tables of a play as the provider of `example` would have them: in the journal stand the actions of its own catalogue.

The laboratory writes deeds. A dearer plan in place of the cheaper one is the same deed as one sold to who has none, and another action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.prompted import journal_parts
from training.simulator.laboratory.deeds import DEEDS
from training.simulator.laboratory.spells import customer_ids
from training.simulator.laboratory.tables import write_tables
from training.worlds.example import DEED_OF, INSTEAD, action_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.simulator.laboratory.play import Play

ACTION, CONTACT = r'("action_id": "[^"]+)"', r'"contact_id": "([^"]+)"'
TWOFOLD = [place for name, place in DEED_OF.items() if name.endswith(INSTEAD)]
"""Deeds that are two actions."""


def write_provider_tables(play: Play, folder: Path) -> None:
    """What `write_tables` writes, with each action by its name in the catalogue.

    Raises:
        ValueError: a play with months that were not written down.
    """
    write_tables(play, folder)
    renamed = list(_instead(play))
    asked = pl.read_parquet(folder / "asked.parquet")
    key = pl.col("action_id") + "@" + pl.col("contact_id")
    other = pl.when(key.is_in(renamed)).then(pl.col("action_id") + INSTEAD).otherwise("action_id")
    asked.with_columns(action_id=other).write_parquet(folder / "asked.parquet")
    record = pl.col("record")
    key = record.str.extract(r'"action_id": "([^"]+)"') + "@" + record.str.extract(CONTACT)
    for part in journal_parts(folder):
        entries = pl.read_parquet(part, hive_partitioning=False)
        other = pl.when(key.is_in(renamed)).then(record.str.replace(ACTION, f'${{1}}{INSTEAD}"'))
        entries.with_columns(record=other.otherwise(record)).write_parquet(part)


def _instead(play: Play) -> Iterator[str]:
    """deed@contact of each proposal that would have given up a cheaper plan."""
    for seen in play.seen:
        row, asked = seen.contacts.row, seen.asked.deed
        held = seen.held[np.searchsorted(seen.row, row)]
        names = customer_ids(play.state.people.number[row]).to_list()
        for contact, rank in np.argwhere(np.isin(asked, TWOFOLD)).tolist():
            deed = int(asked[contact, rank])
            if action_of(deed, held[contact]) != DEEDS[deed].id:
                yield f"{DEEDS[deed].id}@K-{names[contact]}-{seen.month}"
