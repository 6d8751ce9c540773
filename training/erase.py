"""Customers are taken out of the archived journal: their rows lose all that tells of them, and everything else stays as it is.

A row stays, because the learner counts which entries there are; of a decision its own id and its lesson stay, which name nobody.
All files are read before the first is written, and each is replaced whole. A run that is killed is simply run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from training.archive import alone, write_part
from training.errors import OptionError
from training.prompted import FOLDER, journal_parts, read_part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

NOBODY: Final = ""
"""Whose a row is that was erased."""
NEEDED: Final = ("kind", "id", "customer_id", "record")


@dataclass(frozen=True)
class Erased:
    """Rows that were blanked, in how many files, and of how many of those customers there was any."""

    rows: int = 0
    files: int = 0
    customers: int = 0


def erase(folder: Path, customers: Collection[str], progress: Callable[[str, int, int], None]) -> Erased:
    """Blank the rows of these customers in `folder`/journal. `progress`: what is done, how many files of it, of how many.

    Raises:
        OptionError: no journal, or no customer. TableError: a file that is no part of a journal; nothing has been changed then.
        ArchiveError: another run is at work in the folder.
    """
    if not customers or NOBODY in customers:
        raise OptionError("--customer: an id is missing; name at least one, and none that is empty")
    if not journal_parts(folder):
        raise OptionError(f"--archive: no journal in '{folder}'; name the folder `archive --out` was given")
    his = pl.col("customer_id").is_in(sorted(customers))
    with alone(folder / FOLDER):
        parts = journal_parts(folder)
        found: dict[Path, int] = {}
        known: set[str] = set()
        for number, path in enumerate(parts, start=1):
            whose = read_part(path, NEEDED).filter(his)["customer_id"]
            if len(whose):
                found[path] = len(whose)
                known.update(whose)
            progress("read", number, len(parts))
        for number, path in enumerate(found, start=1):
            write_part(_blanked(read_part(path, NEEDED), his), path.parent, path.name)
            progress("rewritten", number, len(found))
        _sweep(folder / FOLDER)
    return Erased(sum(found.values()), len(found), len(known))


def _blanked(frame: pl.DataFrame, his: pl.Expr) -> pl.DataFrame:
    """The ids of events and outcomes are the provider's, who may have made them of anything; that of a decision is made here, by chance."""
    told_by_others = his & (pl.col("kind") != "decision") & (pl.col("kind") != "shadow")
    return frame.with_columns(
        customer_id=pl.when(his).then(pl.lit(NOBODY)).otherwise("customer_id"),
        id=pl.when(told_by_others).then(pl.lit(NOBODY)).otherwise("id"),
        record=pl.when(~his).then("record"),
    )


def _sweep(journal: Path) -> None:
    """What a killed run began to write may tell of anybody."""
    for left in journal.glob("date=*/.part-*.new"):
        left.unlink()
