"""A table as it lies in its file, and where to say what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from training.cells import EXAMPLES, TYPES
from training.problems import SHOWN, Findings, Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Sheet:
    """One table as it lies in its file: `frame` with every column as read, and where to report what is wrong with it."""

    path: Path
    frame: pl.DataFrame
    findings: Findings

    @property
    def name(self) -> str:
        return self.path.name

    def report(
        self, column: str, bad: pl.Series, message: Callable[[str, int], str], remedy: Callable[[str], str]
    ) -> None:
        """One problem a row where `bad` is true; the functions get the cell as text (and its row's index)."""
        rows = bad.fill_null(value=False).arg_true()
        if not rows.len():
            return
        cells = ["" if cell is None else str(cell) for cell in self.frame[column].gather(rows.head(SHOWN))]
        problems = [
            Problem(
                self.name,
                row + 1,
                column,
                message(cell, row),
                remedy(cell),
                row + 2 if self.path.suffix == ".csv" else None,
            )
            for row, cell in zip(rows.head(SHOWN).to_list(), cells, strict=True)
        ]
        self.findings.add(*problems, more=rows.len() - len(problems))

    def typed(self, column: str, kind: str) -> pl.Series:
        """The column as `kind` (a key of EXAMPLES); cells that are not are reported and become null."""
        raw = self.frame[column]
        typed = TYPES[kind](raw)
        what, remedy = EXAMPLES[kind]
        self.report(
            column,
            raw.is_not_null() & typed.is_null(),
            lambda cell, _: f"'{cell}' is not {what}",
            constant(remedy),
        )
        return typed


def constant(text: str) -> Callable[[str], str]:
    """The same remedy for every cell."""
    return lambda _: text


def open_sheet(path: Path, findings: Findings) -> Sheet | None:
    """The file as it is, None when it cannot be read. Text is trimmed and empty text is a missing value; words such as None or NA are values."""
    try:
        frame = pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        remedy = (
            "give a CSV file in UTF-8 with commas and a header"
            if path.suffix == ".csv"
            else "give a readable Parquet file"
        )
        findings.add(Problem(path.name, None, None, f"cannot be read: {first}", remedy))
        return None
    for column in frame.columns:
        if path.suffix == ".csv" and (twice := re.fullmatch(r"(.+)_duplicated_\d+", column)):
            findings.add(
                Problem(path.name, None, twice[1], "the header has this column twice", "keep one of them")
            )
    trimmed = pl.col(pl.String).str.strip_chars()
    return Sheet(path, frame.with_columns(pl.when(trimmed != "").then(trimmed).name.keep()), findings)
