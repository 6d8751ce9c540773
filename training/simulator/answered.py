"""`python -m training answer`: a year of answered contacts as an archived journal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.archive import SCHEMA
from training.errors import OptionError
from training.measured.decisions import knowledge_of
from training.measured.given import read_given
from training.prompted import FOLDER
from training.simulator.answering import Answering
from training.simulator.calling import calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from models.bundle import Bundle
    from models.knowledge import Knowledge
    from training.measured.given import Given
    from training.simulator.answering import Entry

ANNOUNCED = 1000


def answer(
    data: Path,
    bundle: Bundle,
    documents: tuple[Path, Path],
    out: Path,
    *,
    many: int,
    seed: int,
    explore: float,
    say: Callable[[str], None],
) -> int:
    """Answer so many made-up contacts of the last year and write them below `out`/journal; how many entries. `documents`: catalogue and policy.

    Raises:
        TableError, DocumentError, OSError, OptionError: as `read_given`. OptionError: a journal lies there, or nobody knows who left.
    """
    if (out / FOLDER).exists():
        raise OptionError(f"--out: a journal lies in '{out}' already; name another folder or take it away")
    given = read_given(data, bundle, *documents)
    knowledge = knowledge_of(given)
    customers = given.tables.customers
    if knowledge is None or customers is None or given.months is None:
        raise OptionError("--data: there is no customers table that tells who left; make one with `simulate`")
    answering = _answering(given, knowledge, seed, explore)
    entries: list[Entry] = []
    for number, call in enumerate(calls(customers, many, seed), start=1):
        entries += answering.answer(call, number)
        if number % ANNOUNCED == 0:
            say(f"{number:,} contacts answered")
    entries.sort(key=lambda entry: (entry["at"], entry["id"]))
    for day, some in groupby(entries, key=lambda entry: str(entry["at"])[:10]):
        rows = [{"entry": f"{place}-0", "lesson": None, **one} for place, one in enumerate(some, start=1)]
        place = out / FOLDER / f"date={day}"
        place.mkdir(parents=True)
        pl.DataFrame(rows, schema=SCHEMA).write_parquet(place / f"part-p00-1-0-to-{len(rows)}-0.parquet")
    return len(entries)


def _answering(given: Given, knowledge: Knowledge, seed: int, explore: float) -> Answering:
    held: dict[str, list[tuple[str, date | None, date | None]]] = {}
    days = given.tables.holdings.select(
        "customer_id", "product_id", pl.col("since").dt.date(), pl.col("until").dt.date()
    )
    for customer, product, since, until in days.iter_rows():
        held.setdefault(customer, []).append((product, since, until))
    return Answering(knowledge, held, np.random.default_rng([seed, 3]), explore)
