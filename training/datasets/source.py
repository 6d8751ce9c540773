"""The file a data set comes in, and the directory its tables go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from training.problems import Findings, Problem
from training.sheets import open_sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import Any

    import polars as pl

    from training.sheets import Sheet


def read_source(source: Path, name: str, columns: Collection[str]) -> Sheet:
    """The CSV file `source`, or the one called `name` in the folder `source`, every cell as trimmed text.

    Raises:
        TableError: no such file, not CSV, or a column is missing.
    """
    path = source / name if source.is_dir() else source
    findings = Findings()
    sheet = open_sheet(path, findings)
    if sheet is None:
        raise findings.error()
    for column in columns:
        if column not in sheet.frame.columns:
            remedy = f"give the file {name} as it was published"
            findings.add(Problem(path.name, None, column, "this column is missing", remedy))
    findings.raise_if_any()
    return sheet


def write_tables(out: Path, tables: Mapping[str, pl.DataFrame], schema: Mapping[str, Any]) -> None:
    """Parquet files and `schema.yaml` in `out`, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(out / f"{name}.parquet")
    (out / "schema.yaml").write_text(
        yaml.safe_dump(dict(schema), sort_keys=False, width=130), encoding="utf-8"
    )
