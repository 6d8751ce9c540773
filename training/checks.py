"""What must hold in each table: its columns, keys, order of dates, known products, the values a fact may have."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import polars as pl

from models.sections.facts import FactSpec
from training.cells import kind_of
from training.problems import Problem
from training.sheets import Sheet, constant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

HOLDINGS = {"customer_id": "string", "product_id": "string", "since": "moment", "until": "moment"}
HOLDINGS_MAY = {"unprompted": "boolean"}
CUSTOMERS = {"customer_id": "string", "month": "month"}
CUSTOMERS_MAY = {"churned": "boolean", "churn_motive": "string", "profiling_objection": "boolean"}

Columns = dict[str, pl.Series]


def check_holdings(sheet: Sheet, products: Collection[str] | None) -> pl.DataFrame:
    """The typed table; `products` are the known ones, None when every product is good. Problems go to the sheet's findings."""
    columns = _typed(sheet, HOLDINGS, HOLDINGS_MAY)
    _filled(sheet, columns, "customer_id", "product_id")
    _unique(sheet, columns, ("customer_id", "product_id", "since"))
    if products is not None and "product_id" in columns:
        _known(sheet, columns["product_id"], products)
    if "since" in columns and "until" in columns:
        since = columns["since"]
        sheet.report(
            "until",
            columns["until"] < since,
            lambda cell, row: f"'{cell}' is before since, {since[row]:%Y-%m-%d}",
            constant("mend one of the two dates"),
        )
    for column in sheet.frame.columns:
        if column not in columns:
            sheet.findings.warn(f"{sheet.name}: column '{column}' is not used.")
    return pl.DataFrame([*columns.values()])


def check_customers(
    sheet: Sheet, declared: Mapping[str, FactSpec] | None
) -> tuple[pl.DataFrame, dict[str, FactSpec]]:
    """The typed table and its facts; without `declared` facts, types are those of the cells. Problems go to the sheet's findings."""
    columns = _typed(sheet, CUSTOMERS, CUSTOMERS_MAY)
    _filled(sheet, columns, "customer_id", "month")
    _unique(sheet, columns, ("customer_id", "month"))
    facts = _facts(sheet, [column for column in sheet.frame.columns if column not in columns], declared)
    typed = [_fact(sheet, fact, spec) for fact, spec in facts.items()]
    return pl.DataFrame([*columns.values(), *typed]), facts


def _typed(sheet: Sheet, must: Mapping[str, str], may: Mapping[str, str]) -> Columns:
    """The columns of the table's own; one that must be there and is not is a problem."""
    there = sheet.frame.columns
    for column in must:
        if column not in there:
            remedy = f"add it, with empty cells where it is unknown; found: {', '.join(there)}"
            sheet.findings.add(Problem(sheet.name, None, column, "this column is missing", remedy))
    return {column: sheet.typed(column, kind) for column, kind in {**must, **may}.items() if column in there}


def _filled(sheet: Sheet, columns: Columns, *names: str) -> None:
    for name in names:
        if name in columns:
            empty = sheet.frame[name].is_null()
            sheet.report(name, empty, lambda _cell, _row: "is empty", constant("every row needs one"))


def _unique(sheet: Sheet, columns: Columns, key: tuple[str, ...]) -> None:
    """Second and later rows with the same key are problems; an unknown date equals an unknown date."""
    if not all(name in columns for name in key):
        return
    readable = pl.all_horizontal(
        pl.lit(columns[name].is_not_null() | sheet.frame[name].is_null()) for name in key
    )
    keys = pl.DataFrame([columns[name] for name in key]).with_row_index("row").filter(readable)
    doubles = keys.filter(pl.struct(key).is_duplicated() & pl.col(key[0]).is_not_null())
    later = doubles.with_columns(first=pl.col("row").min().over(key)).filter(pl.col("row") > pl.col("first"))
    firsts = dict(later.select("row", "first").iter_rows())
    rows = pl.Series(range(len(sheet.frame)), dtype=pl.UInt32)
    says = f"{', '.join(key[:-1])} and {key[-1]}"
    sheet.report(
        key[0],
        rows.is_in(later["row"].implode()),
        lambda cell, row: f"'{cell}' has the same {says} as row {firsts[row] + 1:,}",
        constant("keep one of the two rows"),
    )


def _known(sheet: Sheet, ids: pl.Series, products: Collection[str]) -> None:
    def remedy(cell: str) -> str:
        near = difflib.get_close_matches(cell, products, n=1)
        meant = f"did you mean '{near[0]}'? Otherwise " if near else ""
        return f"{meant}add it to the catalogue or leave the row out"

    unknown = ids.is_not_null() & ~ids.is_in(list(products))
    sheet.report("product_id", unknown, lambda cell, _: f"product '{cell}' is not in the catalogue", remedy)


def _facts(sheet: Sheet, columns: list[str], declared: Mapping[str, FactSpec] | None) -> dict[str, FactSpec]:
    if declared is None:
        return {column: FactSpec.model_validate({"type": kind_of(sheet.frame[column])}) for column in columns}
    for column in columns:
        if column not in declared:
            sheet.findings.warn(f"{sheet.name}: column '{column}' is not a declared fact and is not used.")
    for fact in declared:
        if fact not in columns:
            sheet.findings.warn(
                f"{sheet.name}: fact '{fact}' is declared but has no column, so no model knows it."
            )
    return {fact: spec for fact, spec in declared.items() if fact in columns}


def _fact(sheet: Sheet, fact: str, spec: FactSpec) -> pl.Series:
    typed = sheet.typed(fact, spec.type)
    if spec.values:
        listed = ", ".join(spec.values)
        sheet.report(
            fact,
            ~typed.cast(pl.String).is_in(spec.values),
            lambda cell, _: f"'{cell}' is not one of {listed}",
            lambda cell: f"mend the cell or add '{cell}' to the fact's values",
        )
    if typed.dtype.is_numeric():
        _limits(sheet, typed, spec)
    return typed


def _limits(sheet: Sheet, typed: pl.Series, spec: FactSpec) -> None:
    remedy = "mend the cell or the fact's limits"
    if spec.minimum is not None:
        below = f"is below {spec.minimum:g}"
        sheet.report(typed.name, typed < spec.minimum, lambda cell, _: f"{cell} {below}", constant(remedy))
    if spec.maximum is not None:
        above = f"is above {spec.maximum:g}"
        sheet.report(typed.name, typed > spec.maximum, lambda cell, _: f"{cell} {above}", constant(remedy))
