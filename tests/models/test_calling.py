"""Who is called, about what, and in which order; and who never is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calling import Call, Caller, Left, best
from models.domain import Channel, Customer, History
from models.lists import compile_lists
from models.response import Proposal, Terms, Value
from models.value import TERMS
from tests.builders import (
    NOW,
    a_customer,
    a_history,
    a_mode,
    a_rule,
    an_action,
    an_event,
    an_offer,
    both,
    some_knowledge,
)

RULES = [
    a_rule(
        "contact.direction == 'inbound' || customer.consents.telemarketing",
        id="telemarketing_consent",
        tier="legal",
        **{"for": {"purposes": ["marketing", "retention"], "channels": ["voice"]}},
    ),
    a_rule(
        "!('marketing' in customer.objections) && !('profiling' in customer.objections)",
        id="objection",
        tier="legal",
        **{"for": {"purposes": ["marketing", "retention"]}},
    ),
]
MODES = [
    a_mode("fix_first", when="history.open_complaints > 0", kinds=["service"]),
    a_mode("grow", kinds=["service", "offer"]),
]
LISTS = [
    {"id": "renew", "when": "customer.months_left <= 3", "for": {"families": ["renewal"]}, "text": both("v")},
    {"id": "service", "when": "true", "for": {"kinds": ["service"]}, "text": both("s")},
]
CONSENTS = {name: name for name in ("marketing", "profiling", "telemarketing")}


def a_caller(wanted: str = "renew", channel: Channel = "voice") -> Caller:
    knowledge = some_knowledge(
        an_offer("renew-1", family="renewal", purpose="retention", sells=["films"]),
        an_offer("sell-tv"),
        an_action("repair", "service", condition="history.open_complaints > 0"),
        facts={"months_left": {"type": "integer"}},
        consents=CONSENTS,
        rules=RULES,
        modes=MODES,
        lists=LISTS,
    )
    lists, _ = compile_lists(knowledge.catalogue, knowledge.policy)
    return Caller(knowledge, lists, lists.by_id[wanted], channel, NOW)


def someone(months_left: int = 2, customer_id: str = "C-1", **consents: bool) -> Customer:
    """A customer who agreed to be called, unless told otherwise."""
    agreed = {"telemarketing": True, **consents}
    found = a_customer(holding="fiber", months_left=months_left)
    return found.model_copy(update={"consents": agreed, "customer_id": customer_id})


COMPLAINT = a_history(an_event("complaint_opened"))


def test_a_customer_is_called_about_what_the_list_wants() -> None:
    call = a_caller().consider(someone(), History())
    assert isinstance(call, Call)
    assert (call.customer_id, call.proposal.action_id, call.decided_at) == ("C-1", "renew-1", NOW)


def test_whoever_the_list_is_not_about_is_left_out() -> None:
    assert a_caller().consider(someone(months_left=4), History()) == Left("not_for_this_list")


def test_without_consent_to_be_called_there_is_no_call_and_the_rule_is_named() -> None:
    customer = someone().model_copy(update={"consents": {}})
    left = Left("nothing_to_call_about", "telemarketing_consent")
    assert a_caller().consider(customer, History()) == left
    assert a_caller().consider(someone(telemarketing=False), History()) == left


def test_another_channel_has_its_own_rules() -> None:
    assert isinstance(a_caller(channel="email").consider(someone(telemarketing=False), History()), Call)


@pytest.mark.parametrize("objection", ["marketing", "profiling"])
def test_who_objects_is_not_called_and_the_rule_is_named(objection: str) -> None:
    left = Left("nothing_to_call_about", "objection")
    assert a_caller().consider(someone(**{objection: False}), History()) == left


def test_who_objects_is_still_called_about_a_repair() -> None:
    call = a_caller("service").consider(someone(marketing=False, telemarketing=False), COMPLAINT)
    assert isinstance(call, Call)
    assert call.proposal.action_id == "repair"


def test_where_a_repair_comes_first_no_offer_is_called_about() -> None:
    assert a_caller().consider(someone(), COMPLAINT) == Left("nothing_to_call_about", "kind_not_in_mode")


@given(
    st.dictionaries(st.sampled_from(["marketing", "profiling", "telemarketing"]), st.booleans()),
    st.sampled_from(["renew", "service"]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_an_offer_is_never_called_about_without_consent_or_against_an_objection(
    consents: dict[str, bool], wanted: str, complains: bool
) -> None:
    customer = someone().model_copy(update={"consents": consents})
    call = a_caller(wanted).consider(customer, COMPLAINT if complains else History())
    if isinstance(call, Call) and call.proposal.kind == "offer":
        assert consents.get("telemarketing") is True
        assert False not in (consents.get("marketing"), consents.get("profiling"))


def a_call(customer_id: str, expected: float | None = None, mode: int = 0, rank: int = 1) -> Call:
    value = None
    if expected is not None:
        terms = Terms(**dict.fromkeys(TERMS, 0.0))
        value = Value(expected=expected, p_accept=0.1, terms=terms, sources={})
    proposal = Proposal(rank=rank, action_id="a", kind="offer", title="", value=value, say="")
    return Call(customer_id, proposal, mode, NOW)


def names(calls: list[Call]) -> list[str]:
    return [call.customer_id for call in calls]


def test_what_is_worth_most_is_called_first() -> None:
    assert names(best([a_call("A", 1.0), a_call("B", 3.0), a_call("C", 2.0)], 2)) == ["B", "C"]


def test_what_has_no_price_stands_by_its_mode_and_place_after_what_has() -> None:
    calls: list[Any] = [
        a_call("A", mode=2),
        a_call("B", mode=0, rank=2),
        a_call("C", mode=0),
        a_call("D", -1.0),
    ]
    assert names(best(calls, 9)) == ["D", "C", "B", "A"]


def test_equal_calls_stand_in_the_order_of_customers() -> None:
    assert names(best([a_call("B", 1.0), a_call("A", 1.0)], 2)) == ["A", "B"]
