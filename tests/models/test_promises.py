"""A promise says when it must be kept: in hours, before the end of a day, or of a working day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from models.documents import DocumentError
from models.promises import Promise
from tests.builders import a_process, some_knowledge

TIMEZONE = "Europe/Amsterdam"
SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def due(at: datetime = SATURDAY, **soon: int) -> str:
    return Promise(subject="repair", **soon).due(at, TIMEZONE).isoformat()


def test_hours_are_counted_from_the_moment_of_accepting() -> None:
    assert due(hours=4) == "2026-11-21T17:00:00+01:00"


def test_an_hour_is_an_hour_in_the_night_the_clock_changes() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert due(before, hours=1) == "2026-10-25T02:30:00+01:00"


@pytest.mark.parametrize(
    ("days", "moment"), [(0, "2026-11-21T23:59:59+01:00"), (2, "2026-11-23T23:59:59+01:00")]
)
def test_days_end_where_the_company_is(days: int, moment: str) -> None:
    assert due(days=days) == moment


def test_late_in_the_evening_elsewhere_it_may_be_tomorrow_already() -> None:
    assert due(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), days=0) == "2026-11-22T23:59:59+01:00"


@pytest.mark.parametrize(
    ("day", "working_days", "last"),
    [
        (19, 1, date(2026, 11, 20)),
        (20, 1, date(2026, 11, 23)),
        (20, 6, date(2026, 11, 30)),
        (21, 1, date(2026, 11, 23)),
        (22, 2, date(2026, 11, 24)),
    ],
)
def test_a_weekend_has_no_working_days(day: int, working_days: int, last: date) -> None:
    at = datetime(2026, 11, day, 9, 0, tzinfo=UTC)
    assert Promise(subject="repair", working_days=working_days).due(at, TIMEZONE).date() == last


@pytest.mark.parametrize("soon", [{}, {"days": 1, "hours": 4}, {"days": 1, "hours": 4, "working_days": 1}])
def test_how_soon_is_said_in_one_way(soon: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="say how soon in one way: 'hours', 'days' or 'working_days'"):
        Promise(subject="repair", **soon)


# --- in texts --------------------------------------------------------------------------------------------------------

SAY = "Uiterlijk {promised_by:date} is het klaar."


def test_an_action_that_promises_may_say_by_when() -> None:
    action = a_process("p", promise={"days": 2, "subject": "repair"}, say=SAY)
    (sentence,) = some_knowledge(action).wording.says["p", "nl"]
    assert sentence.fill({"promised_by": date(2026, 11, 23)}) == "Uiterlijk 23 november 2026 is het klaar."


def test_an_action_without_a_promise_has_no_date_to_say() -> None:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(a_process("p", say=SAY))
    assert caught.value.problems[0].message == (
        "placeholder '{promised_by}' needs an action with a 'promise'; add it"
    )
