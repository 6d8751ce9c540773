"""Which offers chance proposed: what the journal's decisions logged, and the table of an experiment beside it.

A decision's first proposal is drawn with the probability it logs; in the random holdout the one it names. `asked.parquet|csv` holds the same of an experiment: customer_id, day, rank,
action_id, probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from training.prompted import from_parts

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"customer_id": pl.String, "day": pl.Date, "action_id": pl.String, "probability": pl.Float64}
FIELDS = {
    "customer_id": "$.decision.customer_id",
    "drawn": "$.decision.selection.action_id",
    "first": "$.decision.proposals[0].action_id",
    "probability": "$.decision.selection.probability",
    "day": "$.decision.decided_at",
}


def read_drawn(directory: Path, parts: list[Path]) -> pl.DataFrame | None:
    """The first proposals of all decisions (columns of COLUMNS); None where neither a journal nor an experiment tells of any."""
    tables = [from_parts(parts, _decided)] if parts else []
    for path in sorted(directory.glob("asked.*")):
        known = pl.read_csv(path, try_parse_dates=True) if path.suffix == ".csv" else pl.read_parquet(path)
        tables.append(known.filter(pl.col("rank") == 1).select(pl.col(n).cast(t) for n, t in COLUMNS.items()))
    drawn = pl.concat(tables) if tables else pl.DataFrame(schema=COLUMNS)
    return drawn.drop_nulls().sort("customer_id", "day", maintain_order=True) if len(drawn) else None


def _decided(entries: pl.LazyFrame) -> pl.LazyFrame:
    decisions = entries.filter((pl.col("kind") == "decision") & pl.col("record").is_not_null())
    told = decisions.select(
        **{name: pl.col("record").str.json_path_match(field) for name, field in FIELDS.items()}
    )
    return told.select(
        "customer_id",
        pl.col("day").str.slice(0, 10).str.to_date(strict=False),
        pl.coalesce("drawn", "first").alias("action_id"),
        pl.col("probability").cast(pl.Float64),
    )
