"""Call lists are checked when the policy is loaded, and say whom they are about."""

from __future__ import annotations

from typing import Any

import pytest

from models.documents import DocumentError
from models.lists import CallLists, compile_lists
from tests.builders import a_catalogue, a_policy, an_offer, both, some_knowledge

FACTS = {"months_left": {"type": "integer"}, "paid": {"type": "number"}}


def a_list(list_id: str = "renew", **given: Any) -> dict[str, Any]:
    return {"id": list_id, "when": "customer.months_left <= 3", "text": both("Verlengen", "Renew"), **given}


def compiled(*lists: dict[str, Any]) -> CallLists:
    found, problems = compile_lists(a_catalogue(an_offer()), a_policy(facts=FACTS, lists=lists))
    assert problems == []
    return found


def problems_of(*lists: dict[str, Any]) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(an_offer(), facts=FACTS, lists=lists)
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


def customer(**facts: Any) -> dict[str, Any]:
    return {"customer": facts}


def test_a_list_takes_the_customers_its_condition_holds_for() -> None:
    lists = compiled(a_list(), a_list("service", when="customer.paid > 0.0"))
    assert lists.takes("renew", customer(months_left=3, paid=0.0))
    assert not lists.takes("renew", customer(months_left=4, paid=9.0))
    assert lists.takes("service", customer(months_left=4, paid=9.0))


def test_a_customer_of_whom_the_fact_is_missing_is_on_no_list() -> None:
    assert not compiled(a_list()).takes("renew", customer())


def test_a_condition_without_an_answer_takes_nobody() -> None:
    lists = compiled(a_list(when="6 / customer.months_left > 1"))
    assert lists.takes("renew", customer(months_left=2))
    assert not lists.takes("renew", customer(months_left=0))


def test_lists_are_known_by_their_ids() -> None:
    assert list(compiled(a_list(), a_list("service")).by_id) == ["renew", "service"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"when": "customer.x > 1"}, "lists[renew].when: column 1: customer.x is no declared fact"),
        (
            {"when": "action.cost > 1.0"},
            "lists[renew].when: names 'action', but a list chooses customers; say which actions in 'for'",
        ),
        (
            {"for": {"families": ["renewal"]}},
            "lists[renew].for: no action is all of this; correct it, or add the action to the catalogue",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(change: dict[str, Any], problem: str) -> None:
    [found] = problems_of(a_list(**change))
    assert found.startswith(problem)


def test_two_lists_of_one_name_and_a_text_that_is_missing_are_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        a_policy(lists=[a_list(), a_list(text={"nl": "Verlengen"})])
    assert [str(problem).split(": ", 1)[1] for problem in caught.value.problems] == [
        "lists[renew].id: 'renew' is used twice; give each its own id",
        "lists[renew].text: no text in 'en'; add it",
    ]
