"""What must be told with a proposal: named by the action, or said while a condition holds or cannot be told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from api.languages import spoken
from models.disclosures import disclosed, new_end_date
from models.documents import DocumentError
from models.knowledge import Knowledge, build_knowledge
from models.situation import situation_of
from models.verdicts import Verdicts
from tests.builders import (
    NOW,
    a_catalogue,
    a_contact,
    a_customer,
    a_history,
    a_policy,
    a_request,
    a_save,
    an_offer,
    both,
)

FACTS = {"age": {"type": "integer"}}


def row(name: str, **given: Any) -> dict[str, Any]:
    return {"id": name, "text": both("Let op"), **given}


def built(*actions: dict[str, Any], disclosures: list[dict[str, Any]]) -> Knowledge:
    return build_knowledge(
        a_catalogue(*actions), a_policy(facts=FACTS, disclosures=disclosures), wordbooks=spoken()
    )


def said(knowledge: Knowledge, channel: str = "voice", **facts: Any) -> tuple[str, ...]:
    """What is told with the first action."""
    contact = a_contact(channel=channel)
    situation = situation_of(
        a_request(contact=contact),
        a_customer(**facts),
        a_history(),
        NOW,
        policy=knowledge.policy,
        portfolios=knowledge.portfolios,
    )
    return disclosed(knowledge.told[0], contact.channel, Verdicts(knowledge.book, situation.values))


def test_what_an_action_names_is_always_told() -> None:
    knowledge = built(an_offer(disclosures=["a", "b"]), disclosures=[row("b"), row("a"), row("c")])
    assert said(knowledge) == ("a", "b")


def test_a_condition_says_when_an_action_that_does_not_name_it_tells_it() -> None:
    knowledge = built(an_offer(), disclosures=[row("young", when="customer.age < 18")])
    assert said(knowledge, age=17) == ("young",)
    assert said(knowledge, age=18) == ()


def test_what_cannot_be_told_from_the_facts_is_said() -> None:
    assert said(built(an_offer(), disclosures=[row("young", when="customer.age < 18")])) == ("young",)


def test_an_action_that_names_what_has_a_condition_tells_it_once_and_always() -> None:
    knowledge = built(an_offer(disclosures=["young"]), disclosures=[row("young", when="customer.age < 18")])
    assert said(knowledge, age=40) == ("young",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"when": "action.discount > 0.0"}, ("x",)),
        ({"when": "action.discount > 9.0"}, ()),
        ({"when": "action.discount > 0.0", "for": {"kinds": ["save"]}}, ()),
        ({"when": "true", "for": {"kinds": ["offer"]}}, ("x",)),
        ({"when": "true", "for": {"channels": ["chat"]}}, ()),
        ({"when": "true", "for": {"channels": ["chat", "voice"]}}, ("x",)),
    ],
)
def test_it_is_told_with_the_actions_it_is_for(given: dict[str, Any], told: tuple[str, ...]) -> None:
    action = an_offer(discount={"amount": 5, "months": 6})
    assert said(built(action, disclosures=[row("x", **given)])) == told


def test_a_condition_that_cannot_be_used_names_its_place() -> None:
    with pytest.raises(DocumentError) as refused:
        built(an_offer(), a_save(), disclosures=[row("x", when="customer.aged < 18")])
    assert [problem.key for problem in refused.value.problems] == ["disclosures[x].when"]


@pytest.mark.parametrize(
    ("today", "months", "last"),
    [
        (date(2026, 3, 10), 12, date(2027, 3, 10)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 24, date(2028, 12, 1)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 3, 10), 0, None),
    ],
)
def test_a_term_ends_so_many_months_after_today(today: date, months: int, last: date | None) -> None:
    assert new_end_date(today, months) == last


def test_only_an_action_with_a_term_may_say_when_it_ends() -> None:
    dated = row("until", text=both("Tot {new_end_date:date}"))
    said_too = an_offer("say", say="Tot {new_end_date:date}.")
    with pytest.raises(DocumentError) as refused:
        built(an_offer("told", disclosures=["until"]), said_too, disclosures=[dated])
    assert [(problem.key, problem.message) for problem in refused.value.problems] == [
        (
            "actions[told].commitment",
            "disclosure 'until' says when the term ends, and this action begins none; give it commitment.months",
        ),
        *[
            (
                f"actions[say].texts.{language}",
                "'{new_end_date}' says when the term ends, and this action begins none; give it commitment.months",
            )
            for language in ("nl", "en")
        ],
    ]


def test_an_action_with_a_term_says_when_it_ends() -> None:
    dated = row("until", text=both("Tot {new_end_date:date}"))
    action = an_offer(disclosures=["until"], commitment={"months": 12}, say="Tot {new_end_date:date}.")
    assert said(built(action, disclosures=[dated])) == ("until",)


def test_a_condition_without_an_answer_for_an_action_names_both() -> None:
    with pytest.raises(DocumentError) as refused:
        built(a_save(), disclosures=[row("x", when="6 / size(action.sells) > 1")])
    assert [problem.key for problem in refused.value.problems] == ["disclosures[x].when"] * 2
    assert "has no answer for action 'cheaper'" in refused.value.problems[0].message
