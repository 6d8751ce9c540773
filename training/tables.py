"""The canonical tables: read, typed and checked as a whole before anything is learned from them.

holdings.csv|parquet    customer_id, product_id, since (empty when unknown), until (empty while held)
customers.csv|parquet   customer_id, month, facts as known at the start of that month, churned, churn_motive; may be absent
schema.yaml             types of facts and what else the data says about itself; may be absent
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from training.cells import Sheet
from training.checks import check_customers, check_holdings
from training.problems import Findings, Problem
from training.schema import FILE, read_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from models.policy import FactSpec


@dataclass(frozen=True)
class Tables:
    """Tables without a problem.

    `holdings`: customer_id, product_id (text), since, until (moments in UTC, null when unknown and while held), and `unprompted`
    (boolean: no spoken offer came before) where the file has it. `customers`: customer_id, month (first of the month), the facts
    of `facts`, and churned, churn_motive where the file has them; None without the file. `products`: the declared ones in their
    order, else those found, sorted. `repeatable` and `valid_from` as in `schema.yaml`. `version`: hash of the files' bytes.
    """

    holdings: pl.DataFrame
    customers: pl.DataFrame | None
    products: tuple[str, ...]
    facts: Mapping[str, FactSpec]
    repeatable: frozenset[str] | None
    valid_from: datetime | None
    version: str
    warnings: tuple[str, ...]

    @property
    def kinds(self) -> dict[str, str]:
        """Fact -> type, of the facts in the table."""
        return {fact: spec.type for fact, spec in self.facts.items()}

    @property
    def propensity_kinds(self) -> dict[str, str]:
        """`kinds` without the facts that give the holdings away, such as the amount of the bill."""
        return {fact: spec.type for fact, spec in self.facts.items() if not spec.reveals_holdings}


def read_tables(
    directory: Path, products: Collection[str] | None = None, facts: Mapping[str, FactSpec] | None = None
) -> Tables:
    """Read and check a data directory.

    `products` and `facts` are the declared ones (catalogue, policy); without them every product found is good, and facts are
    typed by `schema.yaml` or, failing that, from the table.

    Raises:
        TableError: every problem of every table, none of which may be ignored.
    """
    findings = Findings()
    schema = read_schema(directory, findings)
    declared = facts if facts is not None else schema.facts
    sheets = {name: _read(directory, name, findings) for name in ("holdings", "customers")}
    if sheets["holdings"] is None and not _candidates(directory, "holdings"):
        remedy = "give a directory that has it, or make one with `python -m training import` or `simulate`"
        findings.add(
            Problem("holdings", None, None, f"no holdings.parquet or holdings.csv in {directory}", remedy)
        )
    holdings = check_holdings(sheets["holdings"], products) if sheets["holdings"] else pl.DataFrame()
    customers, found = check_customers(sheets["customers"], declared) if sheets["customers"] else (None, {})
    findings.raise_if_any()
    return Tables(
        holdings=holdings,
        customers=customers,
        products=tuple(products) if products is not None else tuple(holdings["product_id"].unique().sort()),
        facts=found,
        repeatable=None if schema.repeatable is None else frozenset(schema.repeatable),
        valid_from=schema.valid_from,
        version=_version(directory),
        warnings=tuple(findings.warnings),
    )


def _candidates(directory: Path, table: str) -> list[Path]:
    return [path for ending in ("parquet", "csv") if (path := directory / f"{table}.{ending}").exists()]


def _version(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in (*_candidates(directory, "holdings"), *_candidates(directory, "customers"), directory / FILE):
        if path.exists():
            with path.open("rb") as file:
                digest.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()}"


def _read(directory: Path, table: str, findings: Findings) -> Sheet | None:
    """The file as it is. Text is trimmed, and empty text is a missing value; words such as None or NA are values like any other."""
    paths = _candidates(directory, table)
    if len(paths) > 1:
        findings.add(
            Problem(
                table, None, None, f"both {paths[0].name} and {paths[1].name} are there", "keep one of them"
            )
        )
    if len(paths) != 1:
        return None
    path = paths[0]
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
