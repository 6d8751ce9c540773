"""What a question asks: one thing, with answers that add up, and never what is known or was asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.answers import answered, told_by
from models.asked import question_stops
from models.asks import Asks
from models.documents import DocumentError
from models.domain import PastOutcome
from models.knowledge import Knowledge
from models.response import AnswerChoice, Motive, Question
from models.situation import situation_of
from tests.builders import (
    NOW,
    a_catalogue,
    a_contact,
    a_customer,
    a_history,
    a_request,
    an_action,
    an_offer,
    an_outcome,
    both,
    some_knowledge,
)

FACTS: dict[str, Any] = {
    "size": {"type": "integer", "minimum": 1, "maximum": 12},
    "region": {"type": "string", "values": ["north", "south"]},
    "born": {"type": "date"},
    "month_1": {"type": "number"},
    "month_2": {"type": "number"},
}
TWO = [{"value": 1, "share": 0.5}, {"value": 2, "share": 0.5}]


def a_question(name: str = "ask", **asks: Any) -> dict[str, Any]:
    return an_action(name, "question", asks={"answers": TWO, **(asks or {"fact": "size"})})


def some(*actions: dict[str, Any]) -> Knowledge:
    return some_knowledge(*actions, facts=FACTS, trends={"use": {"of": ["month_1", "month_2"]}})


def refused(*actions: dict[str, Any]) -> str:
    with pytest.raises(DocumentError) as told:
        some(*actions)
    return str(told.value)


def answers(*values: Any) -> list[dict[str, Any]]:
    return [{"value": value, "share": 1 / len(values)} for value in values]


# --- what may be written -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ({"answers": TWO}, "a question asks one thing: give either 'fact' or 'motive: true'"),
        ({"fact": "size", "motive": True, "answers": TWO}, "a question asks one thing"),
        ({"fact": "size", "answers": [TWO[0], {"value": 2, "share": 0.4}]}, "the shares of the answers add up to 0.9; make it 1"),
        ({"fact": "size", "answers": [TWO[0], TWO[0]]}, "'1' is an answer twice; give each value once"),
        ({"fact": "size", "answers": [{"value": 1, "share": 1}]}, "answers"),
        ({"fact": "people", "answers": TWO}, "asks.fact: 'people' is no declared fact; declare it or correct the name"),
        ({"fact": "size", "answers": answers(2, "two")}, "asks.answers[1].value: 'two' is no integer, as the fact 'size' is declared"),
        ({"fact": "size", "answers": answers(0, 2)}, "0 is below 1"),
        ({"fact": "size", "answers": answers(2, 13)}, "13 is above 12"),
        ({"fact": "region", "answers": answers("north", "west")}, "'west' is none of north, south"),
        ({"motive": True, "answers": answers("price", "karma")}, "unknown motive 'karma'; add it to the policy's leaving.motives"),
        ({"fact": "size", "answers": [{**TWO[0], "label": {"nl": "Een"}}, TWO[1]]}, "asks.answers[0].label: no label in 'en'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_question_is_said_with_its_place(asks: dict[str, Any], said: str) -> None:
    assert said in refused(an_action("ask", "question", asks=asks))


def test_only_a_question_asks() -> None:
    wrong = an_offer(asks={"fact": "size", "answers": TWO})
    assert "only an action of kind question asks; change its kind or remove it" in refused(wrong)


def test_whole_numbers_and_bounds_that_are_not_given_fit() -> None:
    some(a_question(fact="month_1"), a_question("b", motive=True, answers=answers("price", "service")))


# --- what it tells -----------------------------------------------------------------------------------------------------------


def asked(**given: Any) -> Asks:
    return Asks.model_validate({"answers": TWO, **given})


MOTIVES = {"motive": True, "answers": [{"value": "price", "share": 0.6}, {"value": "service", "share": 0.3}, {"value": "other", "share": 0.1}]}  # fmt: skip


def test_a_motive_that_is_likely_has_its_probability_and_the_others_share_the_rest() -> None:
    likely = Motive(value="service", source="inferred", probability=0.65)
    assert asked(**MOTIVES).shares(likely) == pytest.approx((0.3, 0.65, 0.05))


@pytest.mark.parametrize("motive", [Motive(), Motive(value="karma", source="inferred", probability=0.5)])
def test_otherwise_the_shares_are_those_stated(motive: Motive) -> None:
    assert asked(**MOTIVES).shares(motive) == (0.6, 0.3, 0.1)


def test_why_he_leaves_says_nothing_of_a_fact() -> None:
    assert asked(fact="size").shares(Motive(value="1", source="inferred", probability=0.9)) == (0.5, 0.5)


def test_an_answer_is_shown_with_what_a_button_says() -> None:
    shares = [{"value": True, "share": 0.5, "label": both("Ja", "Yes")}, {"value": False, "share": 0.5}]
    shown = asked(fact="moving", answers=shares).shown(1.234, "nl")
    choices = (AnswerChoice(value=True, label="Ja"), AnswerChoice(value=False, label="false"))
    assert shown == Question(fact="moving", answers=choices, worth=1.23)


def test_a_number_is_shown_as_it_is_written() -> None:
    shown = asked(motive=True, answers=answers("price", "service")).shown(None, "en")
    assert (shown.motive, shown.worth, shown.answers[0].label) == (True, None, "price")
    assert asked(fact="size").shown(None, "en").answers[1].label == "2"


def a_situation(knowledge: Knowledge, history: Any = None, **facts: Any) -> Any:
    return situation_of(
        a_request(contact=a_contact(motive=facts.pop("motive", None))),
        a_customer(**facts),
        history or a_history(),
        NOW,
        policy=knowledge.policy,
        portfolios=knowledge.portfolios,
    )


def test_an_answer_is_known_like_any_fact_with_the_trends_it_is_a_month_of() -> None:
    knowledge = some(a_question(fact="month_2"))
    before = a_situation(knowledge, month_1=1.0)
    after = answered(before, asked(fact="month_2"), 3, knowledge.policy)
    known = {"month_1": 1.0, "month_2": 3.0, "use_level": 2.0, "use_slope": 1.0}
    assert dict(after.facts) == known
    assert known.items() <= after.values["customer"].items()
    assert "month_2" not in before.values["customer"]
    assert told_by(asked(fact="month_2"), knowledge.policy) == {"month_2", "use_level", "use_slope"}


def test_without_trends_a_fact_tells_itself_alone() -> None:
    knowledge = some_knowledge(facts=FACTS)
    after = answered(a_situation(knowledge), asked(fact="size"), 2, knowledge.policy)
    assert dict(after.facts) == {"size": 2}
    assert told_by(asked(fact="size"), knowledge.policy) == {"size"}


def test_a_motive_is_said_and_tells_no_fact() -> None:
    knowledge = some(a_question())
    after = answered(a_situation(knowledge), asked(**MOTIVES), "price", knowledge.policy)
    assert (after.motive, after.said.probability, after.values["contact"]["motive"]) == (
        "price",
        1.0,
        "price",
    )
    assert told_by(asked(**MOTIVES), knowledge.policy) == frozenset()


# --- never twice -------------------------------------------------------------------------------------------------------------


def stops(
    *outcomes: PastOutcome, questions: tuple[dict[str, Any], ...] = (), **facts: Any
) -> dict[str, tuple[str, Any]]:
    knowledge = some(*(questions or (a_question(),)))
    rows = range(len(knowledge.catalogue.actions))
    situation = a_situation(knowledge, **facts)
    found = question_stops(knowledge.questions.rows, situation, outcomes, knowledge.catalogue)
    assert set(found) <= set(rows)
    return {
        knowledge.catalogue.actions[row].id: (stop.rule, dict(stop.values)) for row, stop in found.items()
    }


HERE = a_contact().contact_id


def heard(kind: str = "spoken", *, action: str = "ask", **given: Any) -> PastOutcome:
    return an_outcome(kind, action=action, action_kind="question", **given)


def test_what_is_known_is_not_asked() -> None:
    assert stops(size=3) == {"ask": ("already_known", {"customer.size": 3})}


def test_a_day_that_is_known_is_told_as_it_is_written() -> None:
    found = stops(questions=(a_question(fact="born", answers=answers(date(1990, 1, 1), date(1970, 1, 1))),), born=date(1980, 2, 1))  # fmt: skip
    assert found == {"ask": ("already_known", {"customer.born": "1980-02-01"})}


def test_a_motive_that_was_said_is_not_asked() -> None:
    question = a_question(motive=True, answers=answers("price", "service"))
    assert stops(questions=(question,), motive="price") == {
        "ask": ("already_known", {"contact.motive": "price"})
    }


@pytest.mark.parametrize(
    ("outcome", "stopped"),
    [
        (heard(days_ago=2), True),
        (heard("declined", days_ago=2), True),
        (heard("shown", channel="chat", days_ago=2), True),
        (heard("shown", channel="app", days_ago=2), True),
        (heard("shown", channel="web", days_ago=2), True),
        (heard("shown", speaker="bot", days_ago=2), True),
        (heard("shown", channel="web", contact_id=HERE, days_ago=2), False),
        (heard("shown", channel="app", contact_id=HERE, days_ago=2), False),
        (heard("shown", channel="chat", contact_id=HERE, days_ago=2), True),
        (heard("shown", channel="web", speaker="bot", contact_id=HERE, days_ago=2), True),
        (heard("shown", days_ago=2), False),
        (heard("skipped", days_ago=2), False),
        (heard(days_ago=-1), False),
        (heard(action="gone", days_ago=2), False),
        (an_outcome("spoken", action="ask", days_ago=2), False),
    ],
)
def test_what_the_customer_was_asked_is_not_asked_again(outcome: PastOutcome, stopped: bool) -> None:
    assert stops(outcome) == ({"ask": ("already_asked", {"days": 2})} if stopped else {})


@pytest.mark.parametrize("days_ago", [6, 7, 8, 400])
def test_a_fact_is_asked_once_and_why_he_leaves_once_a_conversation(days_ago: int) -> None:
    why = a_question(motive=True, answers=answers("price", "service"))
    asked_before = {"ask": ("already_asked", {"days": days_ago})}
    declined = heard("declined", days_ago=days_ago)
    assert stops(declined) == asked_before
    assert stops(declined, questions=(why,)) == (asked_before if days_ago < 7 else {})


def test_the_last_time_it_was_asked_is_told() -> None:
    assert stops(heard(days_ago=3), heard(days_ago=90)) == {"ask": ("already_asked", {"days": 3})}


def test_another_question_about_the_same_is_the_same_question() -> None:
    twins = (a_question("ask"), a_question("ask-otherwise"), a_question("ask-region", fact="region", answers=answers("north", "south")))  # fmt: skip
    assert set(stops(heard(), questions=twins)) == {"ask", "ask-otherwise"}


def test_a_question_that_does_not_say_what_it_asks_is_told_by_its_name() -> None:
    plain = (an_action("ask", "question"), an_action("ask-too", "question"))
    assert set(stops(heard(), questions=plain)) == {"ask"}


def test_a_catalogue_without_questions_has_none() -> None:
    assert some_knowledge(catalogue=a_catalogue(an_offer())).questions.rows == ()
