"""Why the customer wants to leave: whose word stands, and what is done without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain import Agent, Event, PastOutcome
from models.motive import UNKNOWN, inferred_motive, known_motive, mixed, said_by
from models.response import Motive
from models.rules import compile_inferred, compile_rules
from models.sections.leaving import Leaving
from models.verdicts import Verdicts
from tests.builders import NOW, a_catalogue, a_contact, a_history, a_policy, an_event, an_outcome

LEAVING = Leaving(
    motives=("price", "service", "moving"), declined={"too_dear": "price", "no_help": "service"}
)


def motive(*happened: Event | PastOutcome, **contact: Any) -> Motive:
    return known_motive(a_history(*happened), a_contact(**contact), LEAVING, NOW)


def said(*happened: Event | PastOutcome, **contact: Any) -> tuple[str | None, str]:
    found = motive(*happened, **contact)
    return found.value, found.source


def a_turn(value: str, days_ago: float = 1, contact_id: str = "K-0", **given: Any) -> Event:
    return an_event("contact", motive=value, days_ago=days_ago, contact_id=contact_id, **given)


# --- whose word ------------------------------------------------------------------------------------------------------


def test_nobody_said_anything() -> None:
    assert motive() == UNKNOWN == Motive(value=None, source="unknown", probability=0.0)


@pytest.mark.parametrize(
    ("contact", "source"),
    [
        ({}, "stated"),
        ({"agent": Agent(agent_id="A-1")}, "picked"),
        ({"agent": Agent(agent_id="A-1"), "motive_source": "stated"}, "stated"),
        ({"motive_source": "picked"}, "picked"),
    ],
)
def test_the_motive_of_the_contact_is_the_customers_word_or_the_agents(
    contact: dict[str, Any], source: str
) -> None:
    assert said_by(a_contact(**contact)) == source
    assert motive(motive="price", **contact) == Motive(value="price", source=source, probability=1.0)


def test_a_motive_the_policy_does_not_list_was_never_said() -> None:
    assert said(motive="weather") == (None, "unknown")
    assert said(a_turn("weather"), an_outcome("spoken", motive="weather")) == (None, "unknown")


# --- what is remembered ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["stated", "picked"])
def test_the_bots_word_is_known_when_an_agent_takes_over(source: str) -> None:
    bot = a_turn("price", channel="whatsapp", motive_source=source)
    assert said(bot, contact_id="K-9", channel="voice", agent=Agent(agent_id="A-1")) == ("price", source)


def test_an_event_that_does_not_say_whose_word_it_was_is_the_customers() -> None:
    assert said(a_turn("price")) == ("price", "stated")


@pytest.mark.parametrize(("days_ago", "value"), [(6.99, "price"), (7, None), (-0.01, None)])
def test_a_word_is_remembered_for_this_conversation(days_ago: float, value: str | None) -> None:
    assert motive(a_turn("price", days_ago)).value == value
    assert motive(an_outcome("declined", reason="too_dear", days_ago=days_ago)).value == value


def test_only_contacts_tell_why() -> None:
    assert motive(an_event("information", subject="x", motive="price")) == UNKNOWN


def test_the_newest_word_stands_in_whatever_order_they_were_told() -> None:
    words = (a_turn("price", 3), a_turn("moving", 1), a_turn("service", 2))
    assert motive(*words).value == motive(*reversed(words)).value == "moving"


def test_what_the_contact_says_now_is_newer_than_what_others_said() -> None:
    assert said(a_turn("price"), contact_id="K-9", motive="moving") == ("moving", "stated")
    assert said(an_outcome("declined", reason="no_help"), contact_id="K-9", motive="price") == (
        "price",
        "stated",
    )


# --- a decline moves it on -------------------------------------------------------------------------------------------


def test_a_decline_with_its_reason_moves_the_motive_on() -> None:
    declined = an_outcome("declined", reason="no_help", days_ago=0.5)
    assert said(a_turn("price"), declined) == ("service", "decline")


def test_a_contact_that_repeats_its_word_does_not_undo_a_decline() -> None:
    happened = (a_turn("price", 1, "K-1"), an_outcome("declined", reason="no_help", days_ago=0.5))
    assert said(*happened, contact_id="K-1", motive="price") == ("service", "decline")
    assert said(*happened, contact_id="K-1", motive="moving") == ("moving", "stated")


def test_a_turn_that_was_remembered_with_the_same_word_does_not_undo_a_decline_either() -> None:
    declined = an_outcome("declined", reason="too_dear", days_ago=0.5)
    turns = (a_turn("service", contact_id="K-1"), a_turn("service", days_ago=0.2, contact_id="K-1"))
    assert said(*turns, declined) == ("price", "decline")
    assert said(*turns, declined, motive="service") == ("price", "decline")
    assert said(turns[0], declined, a_turn("service", days_ago=0.2, contact_id="K-2")) == (
        "service",
        "stated",
    )


def test_a_contact_that_turns_back_to_a_word_says_it_anew() -> None:
    turns = (a_turn("price", 3, "K-1"), a_turn("moving", 2, "K-1"), a_turn("service", 1, "K-2"))
    assert motive(*turns, contact_id="K-1", motive="price").value == "price"
    assert motive(*turns, contact_id="K-1", motive="moving").value == "service"


def test_at_one_moment_the_decline_comes_last() -> None:
    assert said(a_turn("price", 1), an_outcome("declined", reason="no_help", days_ago=1)) == (
        "service",
        "decline",
    )


@pytest.mark.parametrize(
    "outcome",
    [
        an_outcome("declined", reason="not_now"),
        an_outcome("declined", reason="no_help", action_kind="offer"),
        an_outcome("skipped", reason="no_help"),
        an_outcome("spoken"),
    ],
)
def test_what_says_nothing_of_leaving_moves_nothing(outcome: PastOutcome) -> None:
    assert said(a_turn("price", 2), outcome) == ("price", "stated")


def test_a_motive_named_with_the_outcome_is_before_what_the_reason_stands_for() -> None:
    assert said(an_outcome("declined", reason="too_dear", motive="moving")) == ("moving", "decline")


def test_the_answer_to_a_question_is_the_customers_word() -> None:
    assert said(an_outcome("accepted", action_kind="question", motive="moving")) == ("moving", "stated")


some_words = st.lists(
    st.one_of(
        st.builds(
            a_turn,
            st.sampled_from(["price", "service", "weather"]),
            st.floats(0, 10),
            st.sampled_from(["K-1", "K-2"]),
        ),
        st.builds(
            an_outcome,
            st.sampled_from(["declined", "spoken"]),
            reason=st.sampled_from(["too_dear", "no_help", "x"]),
            days_ago=st.floats(0, 10),
        ),
    ),
    max_size=8,
    unique_by=lambda item: item.at,
)


@given(some_words, st.sampled_from([None, "price", "moving", "weather"]), st.randoms())
def test_the_order_in_which_it_was_told_plays_no_part(items: list[Any], now: str | None, random: Any) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    found = motive(*items, motive=now)
    assert found == motive(*shuffled, motive=now)
    assert (found == UNKNOWN) is (found.value is None)


# --- without a word --------------------------------------------------------------------------------------------------

ROWS = (
    (Motive(value="price", source="inferred", probability=0.6), 3),
    (Motive(value="moving", source="inferred", probability=0.9), 5),
)


@pytest.mark.parametrize(("true", "value"), [({3, 5}, "price"), ({5}, "moving"), (set(), None), ({4}, None)])
def test_the_first_row_that_holds_is_inferred(true: set[int], value: str | None) -> None:
    assert inferred_motive(ROWS, lambda program: program in true).value == value


def inferred_from(*rows: dict[str, Any]) -> tuple[Any, list[str]]:
    """What compiles of these rows, asked over a line that failed for nine hours, and what does not."""
    catalogue, policy = (
        a_catalogue(),
        a_policy(leaving={"motives": ["price", "moving"], "inferred": list(rows)}),
    )
    book, _ = compile_rules(catalogue, policy)
    compiled, problems = compile_inferred(catalogue, policy, book)
    values = {"history": {"outage_hours_30d": 9.0}, "contact": {}, "customer": {}, "now": NOW}
    return inferred_motive(compiled, Verdicts(book, values).holds), [str(problem) for problem in problems]


def a_row(value: str, when: str, probability: float = 0.6) -> dict[str, Any]:
    return {"motive": value, "when": when, "probability": probability}


def test_the_rows_of_the_policy_are_asked_in_their_order() -> None:
    never, once, always = "history.outage_hours_30d > 10.0", "history.outage_hours_30d > 8.0", "true"
    found, problems = inferred_from(
        a_row("moving", never), a_row("price", once, 0.7), a_row("moving", always)
    )
    assert (found, problems) == (Motive(value="price", source="inferred", probability=0.7), [])


def test_a_row_that_cannot_be_read_is_named() -> None:
    found, problems = inferred_from(a_row("price", "history.weather > 1"), a_row("moving", "true"))
    assert found.value == "moving"
    assert len(problems) == 1
    assert "leaving.inferred[0].when: " in problems[0]


def test_a_figure_is_mixed_by_how_likely_the_motive_is() -> None:
    assert mixed(0.5, 0.2, 0.6) == pytest.approx(0.38)
    assert mixed(np.array([0.5, 0.2]), np.array([0.2, 0.2]), 0.6).tolist() == pytest.approx([0.38, 0.2])


def test_what_is_certain_or_unknown_is_not_mixed() -> None:
    assert (mixed(0.5, 0.2, 1.0), mixed(0.5, 0.2, 0.0)) == (0.5, 0.2)
