"""What a decision leaves for the learner: the odds it thought of, less what was learned since."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from models.accepting import Acceptances
from models.domain import History
from models.learned import Correction, Learned
from models.lesson import LEAST, Asked, Lesson, lesson_of, uncorrected
from tests.builders import (
    CANCEL,
    a_bundle,
    a_contact,
    a_customer,
    a_decision,
    a_mode,
    a_request,
    a_save,
    an_action,
    an_offer,
    some_knowledge,
)

if TYPE_CHECKING:
    from models.bundle import Bundle

LEAVING = {"motives": ["price", "service"]}
GROW = a_mode("grow", kinds=["offer", "service", "save"])
SAVE = a_mode("save", when="contact.leaving", kinds=["save", "process"])


def lesson(
    *actions: dict[str, Any], bundle: Bundle | None = None, learned: Learned | None = None, **contact: Any
) -> Lesson | None:
    knowledge = some_knowledge(*actions, CANCEL, bundle=bundle, modes=[SAVE, GROW], leaving=LEAVING)
    knowledge = knowledge.with_(learned=learned or Learned())
    request = a_request(contact=a_contact(**contact))
    decision = a_decision(knowledge, customer=a_customer(holding="fiber"), request=request)
    told = lesson_of(decision, request, History(), knowledge)
    return None if told is None else Lesson.model_validate(told)


def asked(found: Lesson | None, action_id: str) -> Asked:
    assert found is not None
    return found.asked[action_id]


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_it_tells_the_odds_of_accepting_and_keeping_each_proposal_with_a_price() -> None:
    sell = an_offer(acceptance={"rate": 0.2, "keep": 0.9})
    found = lesson(sell, an_action("look", "service"))
    assert found is not None
    assert found.asked == {"sell-tv": Asked(kind="offer", family="sell-tv", logit=round(logit(0.18), 3))}
    assert (found.channel, found.speaker, found.motive, found.taught) == ("voice", None, None, None)


def test_where_nothing_is_priced_there_is_nothing_to_learn() -> None:
    assert lesson(an_action("look", "service")) is None


@pytest.mark.parametrize(
    "learned",
    [
        Learned(corrections={"sell-tv": Correction(mean=0.7, by_channel={"voice": -0.2})}),
        Learned(families={"sell-tv": Correction(mean=-0.4)}),
        Learned(kinds={"offer": Correction(mean=0.5)}),
    ],
)
def test_what_was_learned_since_is_taken_off(learned: Learned) -> None:
    sell = an_offer(acceptance={"rate": 0.2, "keep": 0.9})
    assert asked(lesson(sell, learned=learned), "sell-tv").logit == pytest.approx(logit(0.18), abs=2e-3)


def test_the_motive_is_told_as_it_was_said_and_its_correction_taken_off() -> None:
    learned = Learned(corrections={"stay": Correction(by_motive={"price": 0.8})})
    found = lesson(a_save("stay", acceptance={"rate": 0.3}), learned=learned, intent="cancel", motive="price")
    assert found is not None
    assert found.motive == "price"
    assert found.asked["stay"].logit == pytest.approx(logit(0.3), abs=2e-3)


def test_a_motive_without_a_wish_to_leave_is_told_too() -> None:
    found = lesson(an_offer(), motive="service")
    assert found is not None
    assert found.motive == "service"


def test_it_says_up_to_when_the_bundle_has_learned_accepting() -> None:
    day = date(2026, 11, 1)
    found = lesson(an_offer(), bundle=a_bundle(acceptance=Acceptances(prior=0.5, until=day)))
    assert found is not None
    assert found.taught == day


def test_what_is_said_to_be_nothing_is_as_far_off_as_four_digits_tell() -> None:
    assert uncorrected(0.0, 1.0, 0.0) == pytest.approx(logit(LEAST))
    assert uncorrected(1.0, 1.0, 0.0) == pytest.approx(logit(1.0 - LEAST))
