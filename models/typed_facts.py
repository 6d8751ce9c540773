"""Facts as the policy declares them, whatever they were written as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.domain import FactValue
from models.sections.facts import FactType


def typed(facts: Mapping[str, FactValue], types: Mapping[str, FactType]) -> dict[str, Any]:
    """Facts as the policy declares them: numbers as floats, dates as dates.

    What is not declared, or does not fit its declaration, is no fact: it was stored under another policy, and is left out as missing.
    """
    result: dict[str, Any] = {}
    for name, value in facts.items():
        kind = types.get(name)
        if kind is not None:
            if type(value) is _WRITTEN_ONE_WAY[kind]:
                result[name] = value or _NOTHING.get(kind, value)
            else:
                fitting = _as_declared(value, kind)
                if fitting is not None:
                    result[name] = fitting
    return result


_WRITTEN_ONE_WAY: Mapping[FactType, type] = {
    "boolean": bool,
    "integer": int,
    "number": float,
    "string": str,
    "date": date,
}
"""What a value of the type already is, most times."""
_NOTHING: Mapping[FactType, float] = {"number": 0.0}
"""A number has a minus zero of its own."""


def _as_declared(value: FactValue, kind: FactType) -> FactValue | None:
    """The value as this type, written one way only: 3 and 3.0 are the same integer, and -0.0 is 0.0."""
    if isinstance(value, bool) or kind == "boolean":
        return value if isinstance(value, bool) and kind == "boolean" else None
    if isinstance(value, int | float):
        if kind == "integer":
            return int(value) if value == int(value) else None
        return value + 0.0 if kind == "number" else None
    if isinstance(value, str):
        return value if kind == "string" else _day(value) if kind == "date" else None
    return value if kind == "date" else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
