"""The propensity bars on real data: bar 1 of the first issue. Two minutes on one core; no rows without the data (BEHOUD_DATA)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from training.datasets.insurance import import_insurance
from training.datasets.telco import import_telco
from training.evaluation.folds import cross_validated
from training.evaluation.tournament import run_tournament
from training.fit.acquisitions import PropensityData
from training.scoreboard import table_of
from training.tables import read_tables

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("BEHOUD_DATA", ROOT.parent / "shared" / "data"))
SEED = 7


def measure() -> list[dict[str, Any]]:
    """Bar 1 of the first issue: Telco over five folds, the insurer's last part by time."""
    if not DATA.is_dir():
        print(f"propensity: no data in {DATA}, set BEHOUD_DATA")
        return []
    with tempfile.TemporaryDirectory() as folder:
        return [*_telco(Path(folder) / "telco"), *_insurance(Path(folder) / "insurance")]


def _telco(out: Path) -> list[dict[str, Any]]:
    import_telco(DATA / "telco", out)
    table = cross_validated(PropensityData.of(read_tables(out)), SEED)
    print("IBM Telco, one hidden holding a customer, five folds", *table_of(table), sep="\n")
    best, by_name = table[0], {row.method: row for row in table}
    gain = 0.0 if best.log_loss_gain is None else best.log_loss_gain.low
    return [
        _row("telco recall@1", best.recall_1, "share", ">= 0.62", best.recall_1 >= 0.62),
        _row("telco recall@3", best.recall_3, "share", ">= 0.90", best.recall_3 >= 0.90),
        _row("telco log-loss", best.log_loss, "nats", "<= 0.89", (best.log_loss or 9.0) <= 0.89),
        _row(
            "telco log-loss gained over popularity by segment, low end",
            gain,
            "nats",
            "> 0",
            best.beats_popularity,
        ),
        _row(
            "telco implicit ALS recall@1",
            by_name["als"].recall_1,
            "share",
            ">= 0.56",
            by_name["als"].recall_1 >= 0.56,
        ),
    ]


def _insurance(out: Path) -> list[dict[str, Any]]:
    import_insurance(DATA / "insurance", out)
    result = run_tournament(PropensityData.of(read_tables(out)), SEED)
    print("\nDanish insurer, last part by time", *table_of(result.rows), sep="\n")
    print(*result.verdicts, sep="\n")
    by_name = {row.method: row for row in result.rows}
    serves, popularity = by_name[result.winner.method], by_name["popularity"]
    equal = abs(serves.recall_3 - popularity.recall_3) < 0.005
    return [
        _row("insurance HR@3 of what serves", serves.recall_3, "share", ">= 0.611, popularity's equal", equal and serves.recall_3 >= 0.611),
        _row("insurance served by popularity", float(serves.method.startswith("popularity")), "yes", "= 1", serves.method.startswith("popularity")),
    ]  # fmt: skip


def _row(name: str, value: float | None, unit: str, bar: str, holds: bool) -> dict[str, Any]:
    return {"name": name, "value": round(value or 0.0, 4), "unit": unit, "bar": bar, "holds": bool(holds)}
