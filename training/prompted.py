"""Which acquisitions a spoken offer preceded, by the journal: they say what an offer does, not what a customer takes unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from training.problems import Problem, TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FOLDER = "journal"
WITHIN_DAYS = 90
OFFERS = ("offer", "save")
"""The kinds of action that sell; a service action that was spoken prompts no purchase."""
NEEDED = ("kind", "record")


def journal_parts(directory: Path) -> list[Path]:
    """The files of the archived journal below a data directory, in order of name; none when there is no journal."""
    return sorted((directory / FOLDER).glob("date=*/part-*.parquet"))


def mark_prompted(holdings: pl.DataFrame, parts: list[Path]) -> tuple[pl.DataFrame, str]:
    """`holdings` with `unprompted` false where an offer was spoken on the day they began or at most 90 days before, and a sentence.

    What the table itself calls prompted stays so. Records that were erased or have expired say nothing.

    Raises:
        TableError: a file that is no part of a journal.
    """
    spoken = from_parts(parts, _spoken).unique().sort("day")
    if "unprompted" not in holdings.columns:
        holdings = holdings.with_columns(unprompted=pl.lit(value=True))
    asked = holdings.with_row_index("row").with_columns(day=pl.col("since").dt.date()).sort("day")
    known = asked.filter(pl.col("day").is_not_null())
    last = spoken.rename({"day": "spoken"}).with_columns(day=pl.col("spoken"))
    near = known.join_asof(
        last, on="day", by="customer_id", tolerance=f"{WITHIN_DAYS}d", check_sortedness=False
    )
    prompted = near.filter(pl.col("spoken").is_not_null())["row"]
    unasked = pl.col("unprompted").fill_null(value=True) & ~pl.col("row").is_in(prompted.implode())
    marked = holdings.with_row_index("row").with_columns(unprompted=unasked).drop("row")
    told = f"journal: {len(spoken):,} days with an offer spoken to a customer; {len(prompted):,} of {len(holdings):,} holdings began within {WITHIN_DAYS} days after one and are no label."
    return marked, told


def from_parts(parts: list[Path], ask: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What is asked of the entries of all these files, in their order: a journal is many small files, and one question is much less work than many.

    Raises:
        TableError: a file that cannot be read, or a column that is missing.
    """
    try:
        return ask(pl.scan_parquet(parts, hive_partitioning=False)).collect()
    except (pl.exceptions.PolarsError, OSError):
        # One by one: that names the file that is wrong, and takes those whose other columns differ.
        return pl.concat([ask(read_part(path).lazy()).collect() for path in parts])


def read_part(path: Path, needed: Sequence[str] = NEEDED) -> pl.DataFrame:
    """The entries of one file of the journal.

    Raises:
        TableError: it cannot be read, or a column is missing.
    """
    try:
        entries = pl.read_parquet(path, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise TableError(
            [Problem(path.name, None, None, f"cannot be read: {first}", "take it from the archive again")]
        ) from error
    for column in needed:
        if column not in entries.columns:
            raise TableError(
                [
                    Problem(
                        path.name,
                        None,
                        column,
                        "this column is missing",
                        "keep journal parts as `python -m training archive` wrote them",
                    )
                ]
            )
    return entries


def _spoken(entries: pl.LazyFrame) -> pl.LazyFrame:
    """customer_id and day (UTC) of the offers and saves spoken, as the outcomes tell."""
    outcomes = entries.filter((pl.col("kind") == "outcome") & pl.col("record").is_not_null())
    told = outcomes.select(
        pl.col("record").str.json_path_match(f"$.{name}").alias(name)
        for name in ("customer_id", "kind", "action_kind", "at")
    )
    offers = told.filter((pl.col("kind") == "spoken") & pl.col("action_kind").is_in(OFFERS))
    at = pl.col("at").str.replace("Z$", "+00:00").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False)
    day = at.dt.convert_time_zone("UTC").dt.date()
    return offers.select("customer_id", day=day).drop_nulls()
