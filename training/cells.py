"""Columns of text or loose types become columns of one type; a cell that cannot becomes null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXAMPLES = {
    "number": ("a number", "write a number such as 12.5, or leave it empty when unknown"),
    "integer": ("a whole number", "write a whole number such as 12, or leave it empty when unknown"),
    "boolean": ("true or false", "write true or false, or leave it empty when unknown"),
    "date": ("a date between 1900 and 2100", "write it as 2026-03-31, or leave it empty when unknown"),
    "moment": (
        "a date between 1900 and 2100",
        "write it as 2026-03-31 or 2026-03-31T14:05:00, or leave it empty when unknown",
    ),
    "month": ("the first day of a month", "write it as 2026-03-01"),
    "string": ("text", "store this column as text"),
}
EARLIEST, LATEST = pl.datetime(1900, 1, 1), pl.datetime(2100, 1, 1)
BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
MOMENTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


def numbers(raw: pl.Series) -> pl.Series:
    """Float64, null where there is no finite number."""
    if not (raw.dtype.is_numeric() or raw.dtype == pl.String):
        return pl.Series(raw.name, [None] * len(raw), dtype=pl.Float64)
    typed = raw.cast(pl.Float64, strict=False)
    return typed.set(~typed.is_finite(), None)


def integers(raw: pl.Series) -> pl.Series:
    """Int64, null where there is no whole number; 3.0 is one."""
    typed = numbers(raw)
    return typed.set(typed != typed.round(), None).cast(pl.Int64, strict=False)


def booleans(raw: pl.Series) -> pl.Series:
    """Boolean, of true and false, yes and no, 1 and 0 in any case."""
    if raw.dtype == pl.Boolean:
        return raw
    if raw.dtype.is_float():
        raw = integers(raw)
    text = raw.cast(pl.String, strict=False).str.to_lowercase()
    return text.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean)


def texts(raw: pl.Series) -> pl.Series:
    """String; numbers, dates and categories are written out."""
    if raw.dtype.is_nested() or raw.dtype == pl.Binary:
        return pl.Series(raw.name, [None] * len(raw), dtype=pl.String)
    return raw.cast(pl.String)


def moments(raw: pl.Series) -> pl.Series:
    """Datetime in microseconds, UTC without saying so; a date is its midnight. Years from 1900 up to 2100."""
    if isinstance(raw.dtype, pl.Datetime) and raw.dtype.time_zone:
        typed = raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    elif raw.dtype.is_temporal() and raw.dtype not in (pl.Time, pl.Duration):
        typed = raw
    elif raw.dtype == pl.String:
        typed = _parsed(raw)
    else:
        typed = pl.Series(raw.name, [None] * len(raw), dtype=pl.Datetime("us"))
    typed = typed.cast(pl.Datetime("us"))
    likely = pl.select((typed >= EARLIEST) & (typed < LATEST)).to_series()
    return typed.set(~likely, None)


def _parsed(text: pl.Series) -> pl.Series:
    found = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    for form in MOMENTS:
        if found.null_count() == text.null_count():
            return found
        found = found.fill_null(text.str.to_datetime(form, strict=False, time_unit="us"))
    if found.null_count() > text.null_count():
        zoned = text.str.replace("Z$", "+00:00").str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us"
        )
        found = found.fill_null(zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    return found


def dates(raw: pl.Series) -> pl.Series:
    """Date; the hour is dropped."""
    return moments(raw).dt.date()


def months(raw: pl.Series) -> pl.Series:
    """Date, null where it is not the first of a month; 2026-03 is one."""
    if raw.dtype == pl.String:
        raw = raw.str.replace(r"^(\d{4}-\d{2})$", "${1}-01")
    typed = dates(raw)
    return typed.set(typed.dt.day() != 1, None)


TYPES: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    "number": numbers,
    "integer": integers,
    "boolean": booleans,
    "string": texts,
    "date": dates,
    "moment": moments,
    "month": months,
}


def kind_of(raw: pl.Series) -> str:
    """The type a fact has when nobody has declared it.

    Text (CSV) is a number, whole number, boolean (true or false) or date when at least 95 % of the filled cells are, so that the few
    others are reported and do not turn the column into text.
    """
    if raw.dtype == pl.String:
        return _kind_of_text(raw.drop_nulls())
    if raw.dtype.is_numeric():
        return "integer" if raw.dtype.is_integer() else "number"
    if raw.dtype == pl.Boolean:
        return "boolean"
    return "date" if raw.dtype.is_temporal() else "string"


def _kind_of_text(filled: pl.Series) -> str:
    needed = max(1.0, 0.95 * len(filled))
    number = numbers(filled)
    if number.count() >= needed:
        return "integer" if integers(filled).count() == number.count() else "number"
    if filled.str.to_lowercase().is_in(["true", "false"]).sum() >= needed:
        return "boolean"
    return "date" if dates(filled).count() >= needed else "string"
