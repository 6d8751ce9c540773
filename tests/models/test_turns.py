"""What a contact says is told once, and again when it turns."""

from __future__ import annotations

from typing import Any

import pytest

from models.domain import Event
from models.turns import told
from tests.builders import a_contact, a_history, an_event, an_outcome


def a_turn(**given: Any) -> Event:
    return an_event("contact", **{"contact_id": "K-1", "channel": "voice", **given})


def is_told(*earlier: Event, **contact: Any) -> bool:
    return told(a_history(*earlier, an_outcome("spoken", contact_id="K-1")), a_contact(**contact))


def test_a_contact_nobody_heard_of_is_told() -> None:
    assert not is_told()
    assert not is_told(a_turn(contact_id="K-2"))
    assert not is_told(an_event("information", contact_id="K-1", channel="voice", subject="bill"))


def test_a_contact_that_says_nothing_new_is_not_told_again() -> None:
    assert is_told(a_turn())
    assert is_told(a_turn(intent="cancel", motive="price"), intent="cancel", motive="price")


@pytest.mark.parametrize("name", ["intent", "subject", "motive"])
def test_a_new_word_is_told(name: str) -> None:
    assert not is_told(a_turn(), **{name: "other"})
    assert not is_told(a_turn(**{name: "one"}), **{name: "other"})


def test_another_channel_is_told() -> None:
    assert not is_told(a_turn(channel="chat"), channel="voice")


@pytest.mark.parametrize("name", ["intent", "subject", "motive"])
def test_what_a_turn_leaves_out_is_not_taken_back(name: str) -> None:
    assert is_told(a_turn(**{name: "one"}), a_turn())
    assert is_told(a_turn(**{name: "one"}), a_turn(), **{name: "one"})


@pytest.mark.parametrize("name", ["intent", "subject", "motive"])
def test_who_turns_to_something_else_and_back_says_so_twice(name: str) -> None:
    assert not is_told(a_turn(**{name: "one"}), a_turn(**{name: "other"}), **{name: "one"})
