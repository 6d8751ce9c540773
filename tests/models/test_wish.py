"""The wish to leave, and what settles it."""

from __future__ import annotations

from typing import Any

import pytest

from models.domain import Event, PastOutcome
from models.sections.leaving import Leaving
from models.wish import confirmed_leaving, earlier_wishes, voiced_here, voiced_leaving
from tests.builders import NOW, a_contact, a_history, an_event, an_outcome

LEAVING = Leaving(intents=("cancel",), confirmed=("cancel_confirmed",))


def a_conversation(contact_id: str, days_ago: float = 1, **given: Any) -> Event:
    return an_event("contact", contact_id=contact_id, days_ago=days_ago, **given)


def voiced(*events: Event | PastOutcome, **contact: Any) -> bool:
    return voiced_leaving(a_history(*events), a_contact(**contact), LEAVING, NOW)


@pytest.mark.parametrize(
    ("intent", "leaving"), [("cancel", True), ("cancel_confirmed", True), ("bill", False), (None, False)]
)
def test_an_intent_to_cancel_is_a_wish_to_leave(intent: str | None, leaving: bool) -> None:
    assert voiced(intent=intent) is leaving


@pytest.mark.parametrize("contact_id", ["K-1", "K-9"])
@pytest.mark.parametrize(("days_ago", "stands"), [(0, True), (6.99, True), (7, False)])
def test_the_wish_stands_for_seven_days_whatever_the_contact(
    contact_id: str, days_ago: float, stands: bool
) -> None:
    event = a_conversation(contact_id, intent="cancel", days_ago=days_ago)
    assert voiced(event, contact_id="K-1", intent="bill") is stands


@pytest.mark.parametrize(
    "event",
    [
        a_conversation("K-1", intent="bill"),
        a_conversation("K-1", intent="cancel", days_ago=-1),
        an_event("information", contact_id="K-1", intent="cancel", subject="x"),
    ],
)
def test_what_was_something_else_or_is_still_to_come_is_no_wish_now(event: Event) -> None:
    assert not voiced(event, contact_id="K-1")


ACCEPTED = an_outcome("accepted", days_ago=2)


@pytest.mark.parametrize(
    ("after", "stands"),
    [
        ((ACCEPTED,), False),
        ((an_outcome("accepted", days_ago=4),), True),
        ((an_outcome("declined", days_ago=2),), True),
        ((an_outcome("accepted", days_ago=2, action_kind="offer"),), True),
        ((ACCEPTED, an_outcome("withdrawn", days_ago=1)), True),
        ((ACCEPTED, a_conversation("K-7", intent="cancel", days_ago=1)), True),
    ],
)
def test_a_save_accepted_since_ends_the_wish(after: tuple[Event | PastOutcome, ...], stands: bool) -> None:
    assert voiced(a_conversation("K-9", intent="cancel", days_ago=3), *after) is stands


def test_who_accepted_a_save_and_wishes_to_leave_now_is_heard() -> None:
    assert voiced(ACCEPTED, intent="cancel")


@pytest.mark.parametrize(
    ("intent", "before", "confirmed"),
    [
        ("cancel_confirmed", (), True),
        ("cancel", (), False),
        ("cancel", (a_conversation("K-9", intent="cancel_confirmed"),), True),
        ("cancel", (a_conversation("K-9", intent="cancel_confirmed", days_ago=8),), False),
        (None, (a_conversation("K-9", intent="cancel_confirmed", days_ago=3), ACCEPTED), False),
    ],
)
def test_a_confirmation_stands_as_long_as_the_wish(
    intent: str | None, before: tuple[Event | PastOutcome, ...], confirmed: bool
) -> None:
    assert confirmed_leaving(a_history(*before), a_contact(intent=intent), LEAVING, NOW) is confirmed


@pytest.mark.parametrize(
    ("intent", "before", "here"),
    [
        ("cancel", (), True),
        ("bill", (), False),
        ("bill", (a_conversation("K-1", intent="cancel", days_ago=0),), True),
        ("bill", (a_conversation("K-9", intent="cancel", days_ago=0),), False),
        # A chat may go on under one id for ever: what was written yesterday was another conversation.
        ("bill", (a_conversation("K-1", intent="cancel", days_ago=0.99),), True),
        ("bill", (a_conversation("K-1", intent="cancel", days_ago=1),), False),
        ("bill", (a_conversation("K-1", intent="cancel", days_ago=0, direction="outbound"),), False),
        ("bill", (a_conversation("K-1", intent="cancel", days_ago=3), ACCEPTED), False),
        (
            "bill",
            (a_conversation("K-1", intent="bill", days_ago=0), a_conversation("K-9", intent="cancel")),
            False,
        ),
    ],
)
def test_a_wish_is_voiced_here_in_this_contact_alone(
    intent: str, before: tuple[Event | PastOutcome, ...], here: bool
) -> None:
    contact = a_contact(contact_id="K-1", intent=intent)
    assert voiced_here(a_history(*before), contact, LEAVING, NOW) is here


def test_earlier_wishes_are_those_of_a_year_before_this_conversation() -> None:
    before = (
        a_conversation("K-1", intent="cancel", days_ago=400),
        a_conversation("K-2", intent="cancel", days_ago=200),
        a_conversation("K-2", intent="cancel", days_ago=200),
        a_conversation("K-3", intent="cancel", days_ago=30),
        a_conversation("K-4", intent="bill", days_ago=20),
        a_conversation("K-5", intent="cancel", days_ago=3),
    )
    assert earlier_wishes(a_history(*before), LEAVING, NOW) == 2
