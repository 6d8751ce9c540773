"""Rows as a file: CSV, lines of JSON or Parquet, by the ending of its name. It appears whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from api.archive import parquet_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Rows = Sequence[Mapping[str, Any]]


def write(out: Path, columns: Sequence[str], rows: Rows) -> None:
    """Write the rows.

    Raises:
        OSError: the folder does not take it.
        SettingsError: Parquet is asked for and polars is not installed.
        KeyError: an ending that is none of ENDINGS.
    """
    fresh = out.with_name(f".{out.name}.new")
    try:
        ENDINGS[out.suffix](fresh, columns, rows)
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)


def _csv(path: Path, columns: Sequence[str], rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _lines(path: Path, columns: Sequence[str], rows: Rows) -> None:
    path.write_bytes(b"".join(orjson.dumps({name: row[name] for name in columns}) + b"\n" for row in rows))


def _parquet(path: Path, columns: Sequence[str], rows: Rows) -> None:
    polars = parquet_reader()
    polars.DataFrame({name: [row[name] for row in rows] for name in columns}).write_parquet(path)


ENDINGS: Mapping[str, Callable[[Path, Sequence[str], Rows], None]] = {
    ".csv": _csv,
    ".ndjson": _lines,
    ".parquet": _parquet,
}
