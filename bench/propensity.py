"""The propensity bars on real data, two minutes on one core: Telco over five folds, the insurer's last part by time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.public import DATA, absent, row
from training.datasets.insurance import import_insurance
from training.datasets.telco import import_telco
from training.evaluation.folds import cross_validated
from training.evaluation.tournament import run_tournament
from training.fit.acquisitions import PropensityData
from training.scoreboard import table_of
from training.tables import read_tables

if TYPE_CHECKING:
    from training.evaluation.judging import Row

SEED = 7
RECALL_1, RECALL_3, LOSS, GAIN, ALS = (
    "telco recall@1",
    "telco recall@3",
    "telco log-loss",
    "telco log-loss gain, low end",
    "telco implicit ALS recall@1",
)
HITS, HITS_POPULARITY, EQUAL = (
    "insurance HR@3 of what serves",
    "insurance HR@3 of popularity",
    "insurance HR@3 of popularity over it, low end",
)
BARS = {
    RECALL_1: ">= 0.62",
    RECALL_3: ">= 0.90",
    LOSS: "<= 0.89",
    GAIN: "> 0",
    ALS: ">= 0.56",
    HITS: "",
    HITS_POPULARITY: "",
    EQUAL: "<= 0",
}


def measure() -> list[dict[str, Any]]:
    """Bar 1 of the first issue; rows that say so where the data is absent."""
    if not DATA.is_dir():
        return absent(BARS)
    with tempfile.TemporaryDirectory() as folder:
        return [*_telco(Path(folder) / "telco"), *_insurance(Path(folder) / "insurance")]


def _telco(out: Path) -> list[dict[str, Any]]:
    import_telco(DATA / "telco", out)
    table = cross_validated(PropensityData.of(read_tables(out)), SEED)
    print("IBM Telco, one hidden holding a customer, five folds", *table_of(table), sep="\n")
    best, als = table[0], next(row for row in table if row.method == "als")
    gain = None if best.log_loss_gain is None else best.log_loss_gain.low
    return [
        _row(RECALL_1, best.recall_1, "share", holds=best.recall_1 >= 0.62),
        _row(RECALL_3, best.recall_3, "share", holds=best.recall_3 >= 0.90),
        _row(LOSS, best.log_loss, "nats", holds=best.log_loss is not None and best.log_loss <= 0.89),
        _row(GAIN, gain, "nats, over popularity by segment", holds=best.beats_popularity),
        _row(ALS, als.recall_1, "share", holds=als.recall_1 >= 0.56),
    ]


def _insurance(out: Path) -> list[dict[str, Any]]:
    import_insurance(DATA / "insurance", out)
    result = run_tournament(PropensityData.of(read_tables(out)), SEED)
    print("\nDanish insurer, last part by time", *table_of(result.rows), sep="\n")
    print(*result.verdicts, sep="\n")
    by_name = {one.method: one for one in result.rows}
    serves, popularity = by_name[result.winner.method], by_name["popularity"]
    low = _above(popularity, serves)
    return [
        _row(HITS, serves.recall_3, "share, " + serves.method, holds=None),
        _row(HITS_POPULARITY, popularity.recall_3, "share", holds=None),
        _row(EQUAL, low, "share, paired 95 % interval", holds=low <= 0.0),
    ]


def _above(popularity: Row, serves: Row) -> float:
    """The low end of how much more often popularity has it among the first three than what serves: above 0 it is worse to serve this.

    Intervals are against popularity by segment. What beats that is at least as good on what it was chosen for.
    """
    gain = popularity.recall_3_gain
    own = serves.recall_3_gain
    assert gain is not None
    assert own is not None
    return gain.low - max(own.high, 0.0)


def _row(name: str, value: float | None, unit: str, *, holds: bool | None) -> dict[str, Any]:
    return row(name, value, unit, BARS[name], holds=holds)
