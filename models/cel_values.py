"""Facts as they come to the values CEL computes with, by their declared kind.

JSON knows no dates and writes 30.0 as 30, so a number may arrive as an integer and a moment as text. A value that is no fact
(None, NaN, an infinity) reads as None: missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Kind:
    """The type of an expression: number, integer, string, boolean, timestamp, duration, list or map (of something).

    `values` closes a string to certain constants, a list to elements and a map to keys; empty means open.
    """

    name: str
    of: Kind | None = None
    values: frozenset[str] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        return self.name if self.of is None else f"{self.name}[{self.of}]"


NUMBER, INTEGER, STRING, BOOLEAN = Kind("number"), Kind("integer"), Kind("string"), Kind("boolean")
TIMESTAMP, DURATION = Kind("timestamp"), Kind("duration")
SCALARS = {kind.name: kind for kind in (NUMBER, INTEGER, STRING, BOOLEAN, TIMESTAMP, DURATION)} | {
    "date": TIMESTAMP
}


def kind_of(text: str, values: frozenset[str] = frozenset()) -> Kind:
    """The kind a declaration names: a scalar, `list[...]` or `map[...]` (keys are strings). Raises ValueError."""
    outer, bracket, inner = text.replace(" ", "").removesuffix("]").partition("[")
    of = SCALARS.get(inner)
    if outer in {"list", "map"} and bracket and of:
        closed = Kind(of.name, values=values) if outer == "list" else of
        if values and outer == "list" and of != STRING:
            raise ValueError(f"{text} cannot be closed to values; only strings can")
        return Kind(outer, closed, values)
    kind = SCALARS.get(text)
    if kind is None:
        raise ValueError(f"{text} is no type; use one of {', '.join(sorted(SCALARS))}, list[...], map[...]")
    if values and kind != STRING:
        raise ValueError(f"{text} cannot be closed to values; only strings can")
    return Kind(kind.name, values=values)


def reader(kind: Kind) -> Reader:
    """The function that reads a value of this kind; it raises ValueError for a value of another kind."""
    if kind.of is None:
        return READERS[kind.name]
    inner = reader(kind.of)
    return (lambda value: _list(value, inner)) if kind.name == "list" else (lambda value: _map(value, inner))


def refused(value: Any, what: str) -> ValueError:
    return ValueError(f"{value!r} is {what}")


def _number(value: Any) -> float | None:
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refused(value, "no number")
        value = _finite(value)
    return value if math.isfinite(value) else None


def _finite(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("the number is too large") from None


def _integer(value: Any) -> int | None:
    if type(value) is not int:
        if isinstance(value, float):
            if not math.isfinite(value):
                return None
            whole = int(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            whole = int(value)
        else:
            raise refused(value, "no integer")
        if whole != value:
            raise refused(value, "no whole number")
        value = whole
    if not -(2**63) <= value < 2**63:
        raise ValueError("the integer does not fit in 64 bits")
    return int(value)


def _string(value: Any) -> str:
    if type(value) is not str:
        if not isinstance(value, str):
            raise refused(value, "no text")
        value = str(str.__str__(value))  # the value of a string enumeration
    if not value.isascii():
        value.encode()  # half a surrogate pair is a UnicodeEncodeError, which is a ValueError
    return str(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refused(value, "not true or false")
    return value


def _timestamp(value: Any) -> datetime:
    """A moment in UTC (CEL's getHours reads the clock of the zone it is given). A date is its midnight in UTC."""
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise refused(value, "no date or moment")
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError(f"{value.isoformat()} has no time zone; write an offset, such as Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value.isoformat()} lies outside the years 1 to 9999") from None


def _parsed(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


def _duration(value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        raise refused(value, "no duration")
    return value


def _list(value: Any, inner: Reader) -> list[Any]:
    """A list; elements without a value are left out, a set is sorted so that it reads the same every time."""
    if isinstance(value, set | frozenset):
        value = sorted(value)
    elif not isinstance(value, list | tuple):
        raise refused(value, "no list")
    return [item for raw in value if raw is not None and (item := inner(raw)) is not None]


def _map(value: Any, inner: Reader) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise refused(value, "no map")
    return {
        _string(key): item
        for key, raw in value.items()
        if raw is not None and (item := inner(raw)) is not None
    }


READERS: dict[str, Reader] = {
    "number": _number, "integer": _integer, "string": _string, "boolean": _boolean, "timestamp": _timestamp, "duration": _duration,
}  # fmt: skip
