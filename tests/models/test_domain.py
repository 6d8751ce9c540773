"""The nouns refuse what they cannot be, and say what to send instead."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from models.domain import PARTITIONS, Contact, Customer, DecisionRequest, Event, Flags, Outcome, partition
from models.response import Decision, Do, Reason, Selection, Value
from tests.builders import (
    NOW,
    a_contact,
    a_customer,
    a_decision,
    a_request,
    a_save,
    an_event,
    an_offer,
    some_knowledge,
)


def refusal(noun: Any, **given: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        noun(**given)
    return str(caught.value.errors()[0]["msg"])


def test_a_partition_is_the_same_in_every_process() -> None:
    assert [partition(customer_id) for customer_id in ("C-1", "C-2", "é")] == ["p30", "p36", "p62"]


def test_customers_spread_over_all_partitions() -> None:
    counts = Counter(partition(f"C-{number}") for number in range(6_400))
    assert len(counts) == PARTITIONS
    assert max(counts.values()) < 200


def test_a_noun_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_customer().customer_id = "C-2"


def test_a_noun_of_valid_parts_is_the_one_that_validation_makes() -> None:
    parts = {"expected": 3.25, "p_accept": 0.5, "sources": {"p": "learned"}}
    made, validated = Value.of_parts(**parts), Value(**parts)
    assert made == validated
    assert made.model_fields_set == validated.model_fields_set
    assert made.model_dump_json() == validated.model_dump_json()
    with pytest.raises(ValidationError, match="frozen"):
        made.expected = 4.0


def test_a_noun_of_parts_is_written_in_the_order_of_its_fields() -> None:
    assert (
        Reason.of_parts(text="Te duur", code="price").model_dump_json() == '{"code":"price","text":"Te duur"}'
    )


def test_a_noun_is_not_made_of_parts_it_does_not_know_or_without_those_it_needs() -> None:
    with pytest.raises(TypeError, match=r"Reason: unknown \['txt'\], missing \['text'\]"):
        Reason.of_parts(code="price", txt="Te duur")
    with pytest.raises(TypeError, match=r"Value: unknown \[\], missing \['sources'\]"):
        Value.of_parts(expected=1.0, p_accept=0.5)


def test_what_is_decided_would_pass_validation() -> None:
    knowledge = some_knowledge(an_offer("o"), a_save("s"))
    for intent in (None, "cancel"):
        for detail in ("short", "full"):
            request = a_request(contact=a_contact(intent=intent), detail=detail)
            decision = a_decision(knowledge, request=request)
            assert Decision.model_validate(decision.model_dump()) == decision


def test_an_unknown_key_is_refused() -> None:
    assert (
        refusal(Contact, contact_id="K", channel="voice", moood="cross") == "Extra inputs are not permitted"
    )


def test_a_number_that_is_not_finite_is_refused() -> None:
    assert (
        refusal(Contact, contact_id="K", channel="voice", queue_load=float("nan"))
        == "Input should be a finite number"
    )


def test_a_fact_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValidationError):
        Customer(customer_id="C-1", facts={"tenure": float("inf")})


def test_five_hundred_facts_are_enough() -> None:
    facts = {f"f{number}": number for number in range(501)}
    assert refusal(Customer, customer_id="C-1", facts=facts) == "Value error, 501 facts; send at most 500"


def test_a_fact_keeps_its_type() -> None:
    facts = {"a": True, "b": 1, "c": 1.5, "d": "x"}
    assert [type(value) for value in Customer(customer_id="C", facts=facts).facts.values()] == [
        bool,
        int,
        float,
        str,
    ]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("promise", "due"),
        ("feedback", "score"),
        ("interest", "product_id"),
        ("information", "subject"),
        ("contact", "contact_id"),
    ],
)
def test_an_event_must_say_what_it_is_counted_by(kind: str, field: str) -> None:
    assert (
        refusal(Event, event_id="E", customer_id="C", kind=kind, at=NOW)
        == f"Value error, a {kind} event needs '{field}'; add it"
    )


def test_an_event_that_needs_nothing_more_is_taken() -> None:
    assert an_event("payment").kind == "payment"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    assert (
        refusal(Event, event_id="E", customer_id="C", kind="payment", at=NOW.replace(tzinfo=None))
        == "Input should have timezone info"
    )


@pytest.mark.parametrize("kind", ["declined", "skipped"])
def test_a_no_needs_its_reason(kind: str) -> None:
    assert (
        refusal(Outcome, outcome_id="O", decision_id="D", action_id="A", kind=kind, at=NOW)
        == f"Value error, a {kind} outcome needs 'reason'; 'unknown' is one"
    )


def test_a_yes_needs_no_reason() -> None:
    outcome = Outcome(outcome_id="O", decision_id="D", action_id="A", kind="accepted", at=NOW)
    assert outcome.reason is None


@pytest.mark.parametrize("given", [{}, {"process": "x", "link": "/x"}])
def test_an_action_is_carried_out_in_one_way(given: dict[str, str]) -> None:
    assert refusal(Do, **given) == "Value error, 'do' needs either 'process' or 'link'"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a_link_may_not_run_code(link: str) -> None:
    assert refusal(Do, link=link) == "Value error, 'link' may not run code; use an https address or a path"


@pytest.mark.parametrize("link", ["https://a.nl/b", "/mijn/abonnement", "tel:0800"])
def test_a_link_may_be_an_address_a_path_or_an_app(link: str) -> None:
    assert Do(link=link).link == link


def test_a_contact_comes_in_unless_told_otherwise() -> None:
    assert a_contact().direction == "inbound"


def test_holdings_that_are_not_sent_are_not_replaced() -> None:
    assert DecisionRequest(customer_id="C", contact=a_contact()).holdings is None


def test_the_winner_serves_until_a_flag_says_otherwise() -> None:
    assert Flags().propensity == "winner"


def test_what_was_chosen_had_a_chance() -> None:
    assert refusal(Selection, probability=0, explored=False) == "Input should be greater than 0"
