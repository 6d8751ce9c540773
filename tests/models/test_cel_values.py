from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest

from models.cel_values import kind_of, reader


class Channel(str, Enum):  # noqa: UP042 - the older spelling, which does not print as its value
    VOICE = "voice"


class Whole(int):
    pass


def value(kind: str, raw: Any) -> Any:
    return reader(kind_of(kind))(raw)


@pytest.mark.parametrize(
    ("kind", "raw", "read"),
    [
        ("number", 30, 30.0),
        ("number", 30.5, 30.5),
        ("integer", 3, 3),
        ("integer", 3.0, 3),
        ("integer", Whole(3), 3),
        ("string", "Zoë", "Zoë"),
        ("string", Channel.VOICE, "voice"),
        ("boolean", False, False),
        ("date", date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)),
        ("date", "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("timestamp", "2026-03-01T00:30:00+01:00", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        (
            "timestamp",
            datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 2, 28, 23, tzinfo=UTC),
        ),
        ("timestamp", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("duration", timedelta(days=3), timedelta(days=3)),
        ("list[string]", {"tv", "fiber"}, ["fiber", "tv"]),
        ("list[string]", frozenset({"tv"}), ["tv"]),
        ("list[number]", (1, None, math.nan, 2.5), [1.0, 2.5]),
        ("map[boolean]", {"email": True, "phone": None}, {"email": True}),
    ],
)
def test_a_fact_is_read_by_its_kind(kind: str, raw: Any, read: Any) -> None:
    found = value(kind, raw)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize("raw", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_missing(raw: float) -> None:
    assert value("number", raw) is None
    assert value("integer", raw) is None


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("number", True, "True is no number"),
        ("number", "30", "'30' is no number"),
        ("number", 10**400, "the number is too large"),
        ("integer", True, "True is no integer"),
        ("integer", "3", "'3' is no integer"),
        ("integer", 3.5, "3.5 is no whole number"),
        ("integer", 2**63, "the integer does not fit in 64 bits"),
        ("string", 3, "3 is no text"),
        ("boolean", 1, "1 is not true or false"),
        ("date", 20260301, "20260301 is no date or moment"),
        ("timestamp", "soon", "Invalid isoformat string: 'soon'"),
        (
            "timestamp",
            datetime(2026, 3, 1),  # noqa: DTZ001 - the trap itself
            "2026-03-01T00:00:00 has no time zone; write an offset, such as Z",
        ),
        (
            "timestamp",
            "2026-03-01T10:00:00",
            "2026-03-01T10:00:00 has no time zone; write an offset, such as Z",
        ),
        (
            "timestamp",
            "0001-01-01T00:00:00+02:00",
            "0001-01-01T00:00:00+02:00 lies outside the years 1 to 9999",
        ),
        ("duration", "72h", "'72h' is no duration"),
        ("list[string]", "tv", "'tv' is no list"),
        ("list[string]", [1], "1 is no text"),
        ("map[boolean]", ["email"], "['email'] is no map"),
        ("map[boolean]", {1: True}, "1 is no text"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, raw: Any, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        value(kind, raw)
    assert str(refused.value) == message


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        value("string", "\ud800")
