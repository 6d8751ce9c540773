"""A decision as a message: what is said is whole, and what is not said cannot be taken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.languages import spoken
from api.messages import compose, cut, text_of
from models.text_limits import graphemes
from tests.api.channels.decisions import CANCEL, a_decision, a_proposal, a_question

ENGLISH = spoken()["en"].message


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Fiber for you", 13, "Fiber for you"),
        ("Fiber for you", 12, "Fiber for…"),
        ("Fiber for you", 10, "Fiber for…"),
        ("Fiber for you", 9, "Fiber…"),
        ("Fiber for you", 6, "Fiber…"),
        ("Unbreakable", 6, "Unbre…"),
        ("👩🏽‍🦳👩🏽‍🦳👩🏽‍🦳", 2, "👩🏽‍🦳…"),
        ("cafe\u0301 noir", 5, "cafe\u0301…"),
        ("een  twee", 5, "een…"),
    ],
)
def test_a_text_is_cut_between_words_and_never_within_a_character(
    text: str, most: int, expected: str
) -> None:
    assert cut(text, most) == expected


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(max_size=60), st.integers(2, 40))
def test_what_is_cut_fits_and_begins_as_it_did(text: str, most: int) -> None:
    short = cut(text, most)
    assert graphemes(short) <= most
    assert text.startswith(short.removesuffix("…"))


def test_what_is_no_proposal_is_said_in_the_language_of_the_wordbook() -> None:
    message = compose(a_decision(), spoken()["nl"].message, 640, 9)
    assert (message.text, message.person.title) == ("Kan ik u nog ergens mee helpen?", "Medewerker spreken")


def test_what_must_be_told_with_all_is_told_once_and_the_rest_with_its_own() -> None:
    both = [
        a_proposal(title="A", say="Say a.", disclosures=["I am a bot.", "Twelve months."]),
        a_proposal("b", title="B", say="Say b.", disclosures=["I am a bot."]),
    ]
    assert text_of(both) == "A\nSay a.\nTwelve months.\n\nB\nSay b.\n\nI am a bot."
    assert text_of(both[:1]) == "Say a.\nI am a bot.\nTwelve months."


def test_what_does_not_fit_whole_is_left_out_and_cannot_be_taken() -> None:
    long = a_proposal("long", say="word " * 60)
    message = compose(a_decision(a_proposal(), long, a_proposal("last")), ENGLISH, 200, 9)
    assert [choice.id.rpartition("|")[2] for choice in message.choices] == ["offer-tv", "last"]
    assert message.ranks == (1, 3)
    assert message.none is not None
    assert message.none.id.endswith("|1.3")


def test_the_way_out_is_said_first_when_there_is_no_room_for_all() -> None:
    message = compose(a_decision(a_proposal("stay", "save", say="word " * 34), CANCEL), ENGLISH, 180, 9)
    assert (message.text, message.none) == (CANCEL.say, None)


def test_what_can_be_said_in_no_other_way_is_cut_but_never_what_must_be_told() -> None:
    alone = a_proposal(say="word " * 60, disclosures=["Twelve months.", "Cancel any day."])
    message = compose(a_decision(alone), ENGLISH, 100, 9)
    assert message.text == "word " * 12 + "word…\nTwelve months.\nCancel any day."
    assert compose(a_decision(alone), ENGLISH, 70, 9).choices == ()


def test_a_question_that_stands_first_is_asked_alone_and_one_behind_waits() -> None:
    asked = a_question("Price", "Service")
    assert compose(a_decision(asked, CANCEL, a_proposal()), ENGLISH, 640, 9).ranks == (1, 2)
    assert compose(a_decision(a_proposal(), asked), ENGLISH, 640, 9).ranks == (1,)
    assert compose(a_decision(asked), ENGLISH, 640, 9).none is None


def test_a_question_without_answers_is_said_and_answered_in_words() -> None:
    message = compose(a_decision(a_proposal(kind="question", say="How many are you?")), ENGLISH, 640, 9)
    assert (message.text, message.choices) == ("How many are you?", ())


def test_an_action_that_says_nothing_is_called_by_its_title() -> None:
    assert compose(a_decision(a_proposal(say="")), ENGLISH, 640, 9).text == "Add TV"


def test_there_is_never_more_to_tap_than_fits_and_nothing_is_said_that_cannot_be_taken() -> None:
    offers = [a_proposal(f"offer-{number}", title=f"Offer {number}", say="Yes?") for number in range(10)]
    message = compose(a_decision(*offers, CANCEL), ENGLISH, 1024, 4)
    assert [choice.title for choice in message.choices] == ["Offer 0", "Offer 1", "Cancel"]
    assert message.none is not None
    assert message.text == "Offer 0\nYes?\n\nOffer 1\nYes?\n\nCancel\nI can end your contract now."
    assert message.shown == f"shown|{message.decision_id}|1.2.11"


def test_the_way_out_stays_when_a_question_has_many_answers() -> None:
    asked = a_question(*[f"Answer {number}" for number in range(8)])
    other = a_proposal("move", "process", title="Move", say="I can move it.")
    assert len(compose(a_decision(asked, CANCEL), ENGLISH, 640, 9).choices) == 9
    message = compose(a_decision(asked, CANCEL, other), ENGLISH, 640, 9)
    assert [choice.title for choice in message.choices] == ["Cancel", "Move"]


def test_a_question_has_no_title_for_what_is_tapped_are_its_answers() -> None:
    assert text_of([a_question("Price"), CANCEL]) == (
        "Why do you want to leave?\n\nCancel\nI can end your contract now."
    )
