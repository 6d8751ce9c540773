"""The situation: what is known of one customer in one contact at one moment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.catalogue import Catalogue
from models.domain import Agent, Customer, DecisionRequest, Holding
from models.history import HISTORY_TYPES
from models.local_time import local_time
from models.policy import Policy
from models.portfolio import Portfolios, bundle_benefit
from models.situation import Situation, situation_of
from models.typed_facts import typed
from models.vocabulary import ACTION_TYPES, CONTACT_TYPES, action_values, closed_values, paths
from tests.builders import (
    NOW,
    a_bundle_benefit,
    a_catalogue,
    a_contact,
    a_customer,
    a_history,
    a_policy,
    a_request,
    a_save,
    an_event,
    an_offer,
    an_outcome,
)

FACTS = {"tenure": {"type": "integer"}, "bill": {"type": "number"}, "term_end": {"type": "date"}}


def a_situation(
    customer: Customer | None = None,
    *,
    request: DecisionRequest | None = None,
    catalogue: Catalogue | None = None,
    policy: Policy | None = None,
    now: datetime = NOW,
    happened: tuple[Any, ...] = (),
    **contact: Any,
) -> Situation:
    return situation_of(
        request or a_request(contact=a_contact(**contact)),
        customer or a_customer(),
        a_history(*happened),
        now,
        portfolios=Portfolios(catalogue or a_catalogue()),
        policy=policy or a_policy(facts=FACTS, consents={"email": "x", "profiling": "x"}),
    )


# --- what the request overrides --------------------------------------------------------------------------------------


def test_facts_in_the_request_override_the_stored_ones_for_this_call() -> None:
    situation = a_situation(a_customer(tenure=3, bill=40.0), request=a_request(facts={"tenure": 4}))
    assert (situation.facts["tenure"], situation.facts["bill"]) == (4, 40.0)


def test_consents_in_the_request_override_the_stored_ones() -> None:
    stored = Customer(customer_id="C-1", consents={"email": True, "profiling": True})
    situation = a_situation(stored, request=a_request(consents={"profiling": False}))
    assert situation.values["customer"]["consents"] == {"email": True, "profiling": False}


@pytest.mark.parametrize("name", ["profiling", "marketing"])
def test_a_stored_objection_stands_whatever_the_request_says(name: str) -> None:
    stored = Customer(customer_id="C-1", consents={name: False, "email": False})
    situation = a_situation(stored, request=a_request(consents={name: True, "email": True}))
    assert situation.values["customer"]["consents"] == {name: False, "email": True}
    assert situation.objects


@pytest.mark.parametrize("name", ["profiling", "marketing"])
def test_a_request_may_object_to_what_was_consented_to(name: str) -> None:
    stored = Customer(customer_id="C-1", consents={name: True})
    situation = a_situation(stored, request=a_request(consents={name: False}))
    assert situation.values["customer"]["consents"] == {name: False}


@pytest.mark.parametrize(
    ("consents", "objects"), [({}, False), ({"profiling": True}, False), ({"profiling": False}, True)]
)
def test_only_a_no_to_profiling_is_an_objection(consents: dict[str, bool], objects: bool) -> None:
    assert a_situation(request=a_request(consents=consents)).objects is objects


def test_holdings_in_the_request_stand_in_place_of_the_stored_ones() -> None:
    request = a_request(holdings=(Holding(product_id="tv"),))
    assert a_situation(a_customer(holding="fiber"), request=request).portfolio.held == {"tv": 1}


def test_no_holdings_in_the_request_means_nothing_is_held() -> None:
    assert a_situation(a_customer(holding="fiber"), request=a_request(holdings=())).portfolio.held == {}


# --- what is held ------------------------------------------------------------------------------------------------------


def test_a_product_held_twice_is_counted_twice() -> None:
    assert a_situation(a_customer(holding=("films", "films"))).portfolio.held == {"films": 2}


def test_a_product_that_left_the_catalogue_is_not_seen() -> None:
    assert a_situation(a_customer(holding=("fiber", "telex"))).portfolio.held == {"fiber": 1}


def test_the_families_held_are_named_once() -> None:
    situation = a_situation(a_customer(holding=("mobile-s", "mobile-l", "tv")))
    assert situation.values["customer"]["families"] == ["mobile", "television"]


def test_dates_are_known_where_they_were_given() -> None:
    holdings = (Holding(product_id="fiber", since=date(2025, 1, 1)), Holding(product_id="tv"))
    assert a_situation(Customer(customer_id="C-1", holdings=holdings)).since == {"fiber": date(2025, 1, 1)}


def test_the_monthly_price_counts_every_piece_less_the_bundle_benefit() -> None:
    catalogue = a_catalogue(bundles=[a_bundle_benefit("internet", "mobile", discount=7.5)])
    situation = a_situation(a_customer(holding=("fiber", "mobile-s", "mobile-s")), catalogue=catalogue)
    assert (situation.portfolio.benefit, situation.portfolio.price) == (7.5, 52.5)


@pytest.mark.parametrize(
    ("held", "euros"), [(("fiber",), 0.0), (("fiber", "tv"), 5.0), (("dsl", "tv"), 5.0), (("tv",), 0.0)]
)
def test_a_bundle_asks_for_one_of_every_part(held: tuple[str, ...], euros: float) -> None:
    catalogue = a_catalogue(bundles=[a_bundle_benefit("internet", "tv")])
    assert bundle_benefit(dict.fromkeys(held, 1), catalogue) == euros


# --- the moment and the contact ----------------------------------------------------------------------------------------


def test_today_is_the_day_where_the_company_stands() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert a_situation(now=new_year).today == date(2027, 1, 1)


def test_a_motive_the_policy_does_not_know_is_no_motive() -> None:
    assert (a_situation(motive="price").motive, a_situation(motive="karma").motive) == ("price", None)


def test_rules_read_the_motive_of_the_whole_conversation() -> None:
    happened = (an_event("contact", contact_id="K-0", motive="service", motive_source="picked"),)
    situation = a_situation(happened=happened, contact_id="K-1")
    assert (situation.motive, situation.said.source) == ("service", "picked")
    assert situation.values["contact"]["motive"] == "service"


def test_a_round_is_spoken_whether_the_save_was_accepted_or_not() -> None:
    happened = (an_outcome("accepted", action="a"), an_outcome("declined", action="b"))
    situation = a_situation(happened=happened)
    assert (situation.rounds_spoken, situation.refused_saves) == (2, ("b",))


def test_a_contact_is_read_whole() -> None:
    contact = {
        "intent": "cancel_confirmed",
        "motive": "price",
        "subject": "bill",
        "queue_load": 1,
        "agent": Agent(agent_id="A", authority=5),
    }
    assert a_situation(**contact).values["contact"] == {
        "channel": "voice",
        "direction": "inbound",
        "intent": "cancel_confirmed",
        "motive": "price",
        "subject": "bill",
        "queue_load": 1.0,
        "agent_authority": 5.0,
        "leaving": True,
        "leaving_here": True,
        "confirmed": True,
        "bot": False,
        "local_hour": 13,
        "local_weekday": 6,
        "local_date": "2026-11-21",
    }


@pytest.mark.parametrize("agent", [None, Agent(agent_id="A")])
def test_an_agent_without_authority_has_none(agent: Agent | None) -> None:
    assert a_situation(agent=agent).values["contact"]["agent_authority"] is None


def test_saves_refused_in_this_conversation_are_known() -> None:
    situation = a_situation(happened=(an_outcome("declined", action="cheaper"),))
    assert situation.refused_saves == ("cheaper",)


def test_a_wish_voiced_in_another_contact_of_this_week_stands() -> None:
    happened = (an_event("contact", contact_id="K-9", intent="cancel"),)
    situation = a_situation(happened=happened, contact_id="K-1")
    assert situation.leaving is True
    assert situation.values["contact"]["leaving_here"] is False
    assert situation.values["contact"]["confirmed"] is False


@pytest.mark.parametrize(
    ("now", "hour"),
    [(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), 0), (datetime(2026, 12, 1, 22, 30, tzinfo=UTC), 23)],
)
def test_the_hour_is_read_from_the_clock_of_the_company(now: datetime, hour: int) -> None:
    assert local_time(now, "Europe/Amsterdam").hour == hour


# --- facts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("number", 3, 3.0),
        ("number", 3.5, 3.5),
        ("integer", 3, 3),
        ("integer", 3.0, 3),
        ("string", "x", "x"),
        ("boolean", False, False),
        ("date", "2026-03-01", date(2026, 3, 1)),
        ("date", date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_a_fact_is_read_as_it_is_declared(kind: Any, value: Any, read: Any) -> None:
    (found,) = typed({"fact": value}, {"fact": kind}).values()
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "3"),
        ("number", True),
        ("integer", 3.5),
        ("integer", False),
        ("string", 3),
        ("string", date(2026, 3, 1)),
        ("boolean", 1),
        ("boolean", "true"),
        ("date", "soon"),
        ("date", 3),
    ],
)
def test_a_value_that_does_not_fit_its_declaration_is_no_fact(kind: Any, value: Any) -> None:
    assert typed({"fact": value}, {"fact": kind}) == {}


def test_nothing_below_zero_is_written_as_nothing() -> None:
    assert str(typed({"fact": -0.0}, {"fact": "number"})["fact"]) == "0.0"


def test_a_fact_that_is_not_declared_is_no_fact() -> None:
    assert typed({"shoe": 44}, {}) == {}


def test_what_is_held_and_not_in_the_catalogue_is_named_in_order() -> None:
    situation = a_situation(a_customer(holding=["tv", "pager", "fax", "fax"]))
    assert (dict(situation.portfolio.held), situation.unknown) == ({"tv": 1}, ("fax", "pager"))


# --- what rules may name -----------------------------------------------------------------------------------------------


def test_every_value_of_a_situation_is_a_declared_path() -> None:
    known = paths(a_policy(facts=FACTS, consents={"email": "x"}))
    values = a_situation(a_customer(tenure=1, bill=1.0, term_end="2027-01-01")).values
    found = {"now"} | {
        f"{root}.{name}"
        for root in ("customer", "contact", "history")
        for name in values[root]
        if name != "consents"
    }
    assert found <= known.keys()


def test_every_declared_path_has_a_type() -> None:
    known = paths(a_policy(facts=FACTS, consents={"email": "x"}))
    assert len(known) == 1 + 3 + 5 + 1 + len(CONTACT_TYPES) + len(HISTORY_TYPES) + len(ACTION_TYPES)
    assert (known["customer.term_end"], known["customer.consents.email"]) == ("date", "boolean")


def test_every_value_of_an_action_is_a_declared_path() -> None:
    values, *_ = action_values(a_catalogue(an_offer()))
    assert values.keys() == ACTION_TYPES.keys()


def test_an_action_is_read_with_its_figures() -> None:
    action = a_save(
        "s",
        discount={"amount": 5, "months": 6},
        cost=10,
        minutes=4,
        commitment={"months": 12, "resets_term": True},
    )
    values, *_ = action_values(a_catalogue(action))
    assert (values["discount"], values["discount_months"], values["cost"], values["minutes"]) == (
        5.0,
        6,
        10.0,
        4.0,
    )
    assert (values["commitment_months"], values["resets_term"], values["cancels"]) == (12, True, False)


def test_an_action_without_a_discount_gives_nothing() -> None:
    values, *_ = action_values(a_catalogue(an_offer("o", sells=["tv"])))
    assert (values["discount"], values["discount_months"]) == (0.0, 0)


def test_words_are_closed_to_those_that_exist() -> None:
    policy = a_policy(
        facts={"contract": {"type": "string", "values": ["month", "year"]}, "age": {"type": "integer"}}
    )
    closed = closed_values(policy, a_catalogue())
    assert closed["customer.contract"] == ("month", "year")
    assert closed["customer.families"] == ("internet", "mobile", "streaming", "television")
    assert closed["contact.motive"] == ("price", "service")
    assert "customer.age" not in closed
    assert closed["contact.channel"] == ("voice", "chat", "whatsapp", "email", "web", "app", "shop", "sms")
    assert closed["contact.direction"] == ("inbound", "outbound")
    assert closed["action.kind"] == ("offer", "save", "service", "process", "question")
    assert closed["action.purpose"] == ("marketing", "retention", "service")


def test_motives_are_open_where_the_policy_lists_none() -> None:
    assert "contact.motive" not in closed_values(a_policy(leaving={}), a_catalogue())


def test_objections_are_the_consents_that_are_false_and_always_known() -> None:
    assert a_situation().values["customer"]["objections"] == []
    consents = {"email": True, "marketing": False, "profiling": False}
    assert a_situation(request=a_request(consents=consents)).values["customer"]["objections"] == [
        "marketing",
        "profiling",
    ]


@pytest.mark.parametrize(("speaker", "bot"), [(None, False), ("agent", False), ("bot", True)])
def test_a_contact_says_whether_a_bot_speaks(speaker: str | None, bot: bool) -> None:
    assert a_situation(speaker=speaker).values["contact"]["bot"] is bot
