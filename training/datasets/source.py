"""The file a data set comes in, and the directory its tables go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import yaml

from training.cells import Sheet
from training.problems import Findings, Problem, TableError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import Any


def read_source(source: Path, name: str, columns: Collection[str]) -> Sheet:
    """The CSV file `source`, or the one called `name` in the folder `source`, every cell as trimmed text.

    Raises:
        TableError: no such file, not CSV, or a column is missing.
    """
    path = source / name if source.is_dir() else source
    findings = Findings()
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        problem = Problem(
            path.name, None, None, f"cannot be read: {first}", f"give the file {name} or its folder"
        )
        raise TableError([problem]) from None
    for column in columns:
        if column not in frame.columns:
            findings.add(
                Problem(
                    path.name,
                    None,
                    column,
                    "this column is missing",
                    f"give the file {name} as it was published",
                )
            )
    findings.raise_if_any()
    trimmed = pl.col(pl.String).str.strip_chars()
    return Sheet(path, frame.with_columns(pl.when(trimmed != "").then(trimmed).name.keep()), findings)


def write_tables(out: Path, tables: Mapping[str, pl.DataFrame], schema: Mapping[str, Any]) -> None:
    """Parquet files and `schema.yaml` in `out`, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(out / f"{name}.parquet")
    (out / "schema.yaml").write_text(
        yaml.safe_dump(dict(schema), sort_keys=False, width=130), encoding="utf-8"
    )
