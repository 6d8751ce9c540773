"""The canonical tables: read, typed and checked as a whole before anything is learned from them.

holdings.csv|parquet    customer_id, product_id, since (empty when unknown), until (empty while held)
customers.csv|parquet   customer_id, month, facts as known at the start of that month, churned, churn_motive, profiling_objection; may be absent
journal/date=…/         what `python -m training archive` wrote; may be absent
schema.yaml             types of facts and what else the data says about itself; may be absent
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, cast

import polars as pl

from models.trends import trend_names
from training.checks import check_customers, check_holdings
from training.fit.customer_months import CAUSES_AS_NAMED
from training.fit.encoding import NUMERIC
from training.problems import Findings, Problem
from training.prompted import journal_parts, mark_prompted
from training.schema import FILE, Schema, read_schema
from training.sheets import open_sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from models.causes import Cause
    from models.sections.facts import FactSpec
    from models.trends import Trend


@dataclass(frozen=True)
class Tables:
    """Tables without a problem.

    `holdings`: customer_id, product_id (text), since, until (moments in UTC, null when unknown and while held), and `unprompted`
    (boolean: no spoken offer came before) where the file or a journal says so. `customers`: customer_id, month (first of the month), the facts
    of `facts`, and churned, churn_motive, profiling_objection where the file has them; None without the file. `products`: the declared ones in their
    order, else those found, sorted. `repeatable`, `valid_from`, `trends` and `causes` (its `other_causes`: cause -> words) as in `schema.yaml`. `version`: hash of the files' bytes.
    """

    holdings: pl.DataFrame
    customers: pl.DataFrame | None
    products: tuple[str, ...]
    facts: Mapping[str, FactSpec]
    repeatable: frozenset[str] | None
    valid_from: datetime | None
    version: str
    warnings: tuple[str, ...]
    trends: Mapping[str, Trend] = field(default_factory=dict)
    causes: Mapping[Cause, tuple[str, ...]] = field(default_factory=lambda: CAUSES_AS_NAMED)

    @property
    def other_causes(self) -> tuple[str, ...]:
        """Every word of `causes`: motives that are no wish of the customer."""
        return tuple(chain(*self.causes.values()))

    @property
    def until(self) -> date | None:
        """The last day the tables tell of: of a month its first. None where nothing is dated."""
        columns = [self.holdings["since"], self.holdings["until"]]
        if self.customers is not None:
            columns.append(self.customers["month"])
        told = [last for column in columns if (last := column.max()) is not None]
        return (
            max((last.date() if isinstance(last, datetime) else cast("date", last)) for last in told)
            if told
            else None
        )

    @property
    def learned_trends(self) -> dict[str, Trend]:
        """The trends of which a model may learn: the table has the latest of their months or two others, all of them numbers and none for rules only."""
        numbers = {fact for fact, kind in self.kinds.items() if kind in NUMERIC}
        barred = self.facts.keys() - numbers
        return {
            name: trend
            for name, trend in self.trends.items()
            if (trend.of[-1] in numbers or len(numbers & set(trend.of)) > 1)
            and barred.isdisjoint(trend.of)
            and self.facts.keys().isdisjoint(trend_names({name: trend}))
        }

    @property
    def churn_kinds(self) -> dict[str, str]:
        """`kinds` with level and slope of the trends."""
        return {**self.kinds, **dict.fromkeys(trend_names(self.learned_trends), "number")}

    @property
    def kinds(self) -> dict[str, str]:
        """Fact -> type, of the facts in the table that a model may learn from: none that is for rules only."""
        return {fact: spec.type for fact, spec in self.facts.items() if not spec.rules_only}

    @property
    def propensity_kinds(self) -> dict[str, str]:
        """`kinds` without the facts that give the holdings away, such as the amount of the bill."""
        return {fact: kind for fact, kind in self.kinds.items() if not self.facts[fact].reveals_holdings}

    @property
    def clocks(self) -> dict[str, float]:
        """Fact -> what it grows by in a month, of the facts that run by themselves."""
        return {fact: spec.clock for fact, spec in self.facts.items() if spec.clock}


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
    paths = [_the_file(directory, table, findings) for table in ("holdings", "customers")]
    if facts is None:
        facts = schema.facts
    tables = _tables(paths, directory / FILE, schema, findings, products, facts)
    parts = journal_parts(directory)
    if not parts:
        return tables
    holdings, told = mark_prompted(tables.holdings, parts)
    version = _version([*paths, directory / FILE, *parts])
    return replace(tables, holdings=holdings, version=version, warnings=(*tables.warnings, told))


def read_files(
    holdings: Path,
    customers: Path | None = None,
    products: Collection[str] | None = None,
    facts: Mapping[str, FactSpec] | None = None,
) -> Tables:
    """`read_tables` for files that lie anywhere, without a schema.

    Raises:
        TableError: as there.
    """
    return _tables([holdings, customers], None, Schema(), Findings(), products, facts)


def _tables(
    paths: list[Path | None],
    schema_file: Path | None,
    schema: Schema,
    findings: Findings,
    products: Collection[str] | None,
    declared: Mapping[str, FactSpec] | None,
) -> Tables:
    sheets = [None if path is None else open_sheet(path, findings) for path in paths]
    holdings = check_holdings(sheets[0], products) if sheets[0] else pl.DataFrame()
    customers, facts = check_customers(sheets[1], declared) if sheets[1] else (None, {})
    if sheets[0] and holdings.is_empty() and products is None:
        findings.add(
            Problem(sheets[0].name, None, None, "has no rows", "give holdings to learn from, or a catalogue")
        )
    findings.raise_if_any()
    if customers is not None and not customers["customer_id"].is_in(holdings["customer_id"].implode()).any():
        findings.warn(
            "No customer of the customers table holds anything: are the ids written alike in both tables?"
        )
    return Tables(
        holdings=holdings,
        customers=customers,
        products=tuple(products) if products is not None else tuple(holdings["product_id"].unique().sort()),
        facts=facts,
        repeatable=None if schema.repeatable is None else frozenset(schema.repeatable),
        valid_from=schema.valid_from,
        version=_version([*paths, schema_file]),
        warnings=tuple(findings.warnings),
        trends=schema.trends,
        causes=schema.other_causes,
    )


def _the_file(directory: Path, table: str, findings: Findings) -> Path | None:
    """The one file of the table; only holdings must be there."""
    paths = [path for ending in ("parquet", "csv") if (path := directory / f"{table}.{ending}").exists()]
    if len(paths) > 1:
        message = f"both {paths[0].name} and {paths[1].name} are there"
        findings.add(Problem(table, None, None, message, "keep one of them"))
    elif not paths and table == "holdings":
        remedy = "give a directory that has it, or make one with `python -m training import` or `simulate`"
        message = f"no holdings.parquet or holdings.csv in {directory}"
        findings.add(Problem(table, None, None, message, remedy))
    return paths[0] if len(paths) == 1 else None


def _version(paths: list[Path | None]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path is not None and path.exists():
            with path.open("rb") as file:
                digest.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()}"
