"""What would make an action eligible: found in rules, plain fields, modes and caps, tried, and told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.changes import Question, applied
from models.counterfactual import Counterfactuals, with_would_be
from models.decision import decide
from models.domain import Customer, Event, Holding, PastOutcome
from models.knowledge import Knowledge
from models.obstacles import look
from models.response import WouldBe
from tests.builders import (
    CANCEL,
    NOW,
    PRODUCTS,
    a_catalogue,
    a_contact,
    a_customer,
    a_history,
    a_mode,
    a_process,
    a_request,
    a_rule,
    a_save,
    an_event,
    an_offer,
    an_outcome,
    both,
    some_knowledge,
)

FACTS: dict[str, Any] = {
    "use": {"type": "number", "minimum": 0, "maximum": 100},
    "people": {"type": "integer", "minimum": 1, "maximum": 12},
    "tenure": {"type": "integer", "minimum": 0, "maximum": 720, "clock": 1, "fixed": True},
    "left": {"type": "integer", "minimum": 0, "maximum": 24, "clock": -1},
    "share": {"type": "number", "clock": 0.5},
    "place": {"type": "string", "values": ["north", "south"]},
    "region": {"type": "string", "values": ["north", "south"], "fixed": True},
    "term": {"type": "string", "values": ["month", "year"]},
    "wired": {"type": "boolean"},
    "born": {"type": "date"},
    "m1": {"type": "number"},
    "m2": {"type": "number"},
}


def a_company(require: str, *, action: Any = None, tier: str = "eligibility", **given: Any) -> Knowledge:
    """One offer under one rule."""
    rules = [a_rule(require, tier=tier)]
    company = {"facts": FACTS, "consents": {"marketing": "m", "email": "e"}, "rules": rules, **given}
    return some_knowledge(action or an_offer(sells=["films"]), **company)


def asked(
    customer: Customer | None = None, *happened: Event | PastOutcome, request: Any = None, **contact: Any
) -> Question:
    given = request or {}
    return Question(
        a_request(contact=a_contact(**contact), **given), customer or a_customer(), a_history(*happened), NOW
    )


def would_be(knowledge: Knowledge, question: Question, language: str = "en", **given: Any) -> WouldBe | None:
    """Of the first action of the catalogue, which the changes then make eligible."""
    found = Counterfactuals(question, knowledge, **given).would_be(0, language)
    if found is not None:
        changes = {change.path: change.to for change in found.changes}
        assert 0 in look(applied(changes, question, knowledge.policy), knowledge).screened.eligible
    return found


def changes(knowledge: Knowledge, question: Question) -> dict[str, tuple[Any, Any]] | None:
    """By path, from what to what."""
    found = would_be(knowledge, question)
    return None if found is None else {change.path: (change.was, change.to) for change in found.changes}


def text(knowledge: Knowledge, question: Question, language: str = "en") -> str:
    found = would_be(knowledge, question, language)
    assert found is not None
    return found.text


# --- facts and consents ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require", "facts", "found"),
    [
        ("customer.use >= 4.0", {"use": 3.1}, {"customer.use": (3.1, 4.0)}),
        ("customer.use > 4.0", {"use": 3.1}, {"customer.use": (3.1, 4.01)}),
        ("customer.people <= 2", {"people": 5}, {"customer.people": (5, 2)}),
        ("customer.wired", {}, {"customer.wired": (None, True)}),
        ("!customer.wired", {"wired": True}, {"customer.wired": (True, False)}),
        ("customer.place != 'north'", {"place": "north"}, {"customer.place": ("north", "south")}),
        ("customer.term == 'year'", {"term": "month"}, {"customer.term": ("month", "year")}),
        ("has(customer.wired)", {}, {"customer.wired": (None, False)}),
        ("has(customer.people)", {}, {"customer.people": (None, 1)}),
        ("has(customer.use) && customer.use > 4.0", {}, {"customer.use": (None, 4.01)}),
        ("customer.region == 'south'", {}, {"customer.region": (None, "south")}),
        ("customer.left >= 6", {"left": 0}, {"customer.left": (0, 6)}),
    ],
)
def test_a_fact_comes_to_the_nearest_value_that_will_do(
    require: str, facts: dict[str, Any], found: dict[str, Any]
) -> None:
    assert changes(a_company(require), asked(a_customer(**facts))) == found


@pytest.mark.parametrize(
    ("require", "facts"),
    [
        ("customer.use > 100.0", {"use": 3.1}),
        ("customer.use < 0.0", {"use": 3.1}),
        ("customer.region != 'north'", {"region": "north"}),
        ("customer.tenure <= 3", {"tenure": 9}),
        ("customer.tenure >= 60", {"tenure": 9}),
        ("!has(customer.wired)", {"wired": True}),
        ("has(customer.born)", {}),
        ("customer.monthly_price > 10.0", {}),
        ("customer.t_level > 10.0", {"m1": 1.0, "m2": 2.0}),
        ("now > timestamp('2027-01-01T00:00:00Z')", {}),
    ],
)
def test_what_nobody_can_change_is_not_asked_for(require: str, facts: dict[str, Any]) -> None:
    knowledge = a_company(require, trends={"t": {"of": ["m1", "m2"]}})
    assert changes(knowledge, asked(a_customer(**facts))) is None


def test_a_fact_with_a_clock_comes_there_by_waiting() -> None:
    knowledge = a_company("customer.tenure >= 6 && customer.left <= 3")
    question = asked(a_customer(tenure=4, left=5))
    later = (NOW + timedelta(days=61)).isoformat()
    assert changes(knowledge, question) == {"now": (NOW.isoformat(), later)}
    assert text(knowledge, question) == "When it is 21 January 2027"
    moved = applied({"now": later}, question, knowledge.policy)
    assert moved.request.facts == {"tenure": 6, "left": 3}


def test_a_clock_runs_to_its_end_and_not_for_what_is_unknown() -> None:
    knowledge = a_company("true")
    question = asked(a_customer(left=1, share=1.0, tenure=719))
    moved = applied({"now": (NOW + timedelta(days=92)).isoformat()}, question, knowledge.policy)
    assert moved.request.facts == {"left": 0, "share": 2.5, "tenure": 720}
    nothing = applied({"now": (NOW + timedelta(days=2)).isoformat()}, question, knowledge.policy)
    assert nothing.request.facts == {}


def test_a_consent_is_given() -> None:
    knowledge = a_company("customer.consents.email")
    assert changes(knowledge, asked()) == {"customer.consents.email": (None, True)}
    assert text(knowledge, asked()) == "When the customer consents to email"
    refused = a_company("!customer.consents.email")
    assert text(refused, asked()) == "When the customer does not consent to email"
    assert changes(a_company("has(customer.consents.email)"), asked()) is None


def test_an_objection_is_withdrawn_where_it_is_stored_and_where_it_is_said() -> None:
    knowledge = a_company("!('marketing' in customer.objections)")
    stored = Customer(customer_id="C-1", consents={"marketing": False, "email": True})
    assert changes(knowledge, asked(stored)) == {"customer.consents.marketing": (False, None)}
    assert text(knowledge, asked(stored), "nl") == "Als de klant het bezwaar tegen marketing intrekt"
    said = asked(request={"consents": {"marketing": False}})
    assert changes(knowledge, said) == {"customer.consents.marketing": (False, None)}
    kept = applied({"customer.consents.marketing": None}, asked(stored), knowledge.policy)
    assert kept.customer.consents == {"email": True}
    consent = a_company("customer.consents.marketing")
    assert changes(consent, asked(stored)) == {"customer.consents.marketing": (False, True)}


def test_what_asks_for_an_objection_is_told_as_one() -> None:
    knowledge = a_company("'marketing' in customer.objections")
    assert changes(knowledge, asked()) == {"customer.consents.marketing": (None, False)}


# --- the contact -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require", "contact", "found"),
    [
        (
            "contact.direction == 'inbound'",
            {"direction": "outbound"},
            {"contact.direction": ("outbound", "inbound")},
        ),
        ("contact.channel != 'voice'", {}, {"contact.channel": ("voice", "chat")}),
        ("contact.subject == 'bill'", {}, {"contact.subject": (None, "bill")}),
        ("has(contact.motive)", {}, {"contact.motive": (None, "price")}),
        ("contact.queue_load < 0.9", {"queue_load": 1.2}, {"contact.queue_load": (1.2, 0.89)}),
        ("contact.agent_authority >= 8.0", {}, {"contact.agent_authority": (None, 8.0)}),
        ("contact.bot", {}, {"contact.bot": (False, True)}),
        ("!contact.bot", {"speaker": "bot"}, {"contact.bot": (True, False)}),
        ("contact.leaving", {}, {"contact.intent": (None, "cancel")}),
        ("contact.leaving_here", {}, {"contact.intent": (None, "cancel")}),
        ("contact.confirmed", {}, {"contact.intent": (None, "cancel_confirmed")}),
        ("!contact.leaving", {"intent": "cancel"}, {"contact.leaving": (True, False)}),
    ],
)
def test_something_else_is_said_in_the_contact(
    require: str, contact: dict[str, Any], found: dict[str, Any]
) -> None:
    knowledge = a_company(require, modes=[a_mode("all", kinds=["offer"])])
    assert changes(knowledge, asked(**contact)) == found


def test_a_load_below_nothing_is_no_way() -> None:
    assert changes(a_company("contact.queue_load < 0.0"), asked(queue_load=0.5)) is None


@pytest.mark.parametrize(
    "require",
    [
        "!has(contact.subject)",
        "!has(contact.motive)",
        "!has(contact.queue_load)",
        "!has(customer.people)",
    ],
)
def test_what_is_known_is_never_to_be_hidden(require: str) -> None:
    said: dict[str, Any] = {"subject": "bill", "motive": "price", "queue_load": 1.2}
    knowledge = a_company(require, modes=[a_mode("all", kinds=["offer"])])
    assert changes(knowledge, asked(a_customer(people=3), **said)) is None


def test_a_contact_turns_to_another_subject_that_rules_name() -> None:
    rules = [a_rule("!has(contact.subject) || !(contact.subject in ['bill', 'tv'])")]
    assert changes(a_company("", rules=rules), asked(subject="bill")) is None
    rules.append(a_rule("contact.subject == 'moving' || contact.channel == 'voice'", id="named"))
    assert changes(a_company("", rules=rules), asked(subject="bill")) == {
        "contact.subject": ("bill", "moving")
    }


def test_a_load_that_is_known_is_to_be_lower_rather_than_unknown() -> None:
    knowledge = a_company("!has(contact.queue_load) || contact.queue_load < 0.9")
    assert changes(knowledge, asked(queue_load=1.2)) == {"contact.queue_load": (1.2, 0.89)}


def test_a_wish_and_a_motive_of_before_are_forgotten_in_time() -> None:
    free = [a_mode("all", kinds=["offer"])]
    for require, days_ago, days in (
        ("!contact.leaving", 2, 5),
        ("!contact.leaving_here", 0.5, 1),
        ("!contact.confirmed", 2, 5),
        ("!has(contact.motive)", 2, 5),
    ):
        wished = an_event(
            "contact", contact_id="K-1", days_ago=days_ago, intent="cancel_confirmed", motive="price"
        )
        found = changes(a_company(require, modes=free), asked(None, wished))
        assert found == {"now": (NOW.isoformat(), (NOW + timedelta(days=days)).isoformat())}


def test_the_next_hour_that_will_do_is_named() -> None:
    knowledge = a_company("contact.local_hour >= 9 && contact.local_hour < 12")
    found = would_be(knowledge, asked())
    assert found is not None
    assert found.text == "When it is 22 November 2026, 9:00"
    assert text(knowledge, asked(), "nl") == "Als het 22 november 2026, 9 uur is"
    assert changes(a_company("contact.local_hour > 23"), asked()) is None


@pytest.mark.parametrize(
    "require",
    ["contact.local_weekday <= 5", "!(contact.local_date in ['2026-11-21', '2026-11-22'])"],
)
def test_the_next_day_that_will_do_is_named(require: str) -> None:
    midnight = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # in Amsterdam; now is a Saturday
    assert changes(a_company(require), asked()) == {"now": (NOW.isoformat(), midnight.isoformat())}


def test_a_rule_of_one_channel_is_left_behind_on_another() -> None:
    rules = [a_rule("action.minutes <= 3.0", **{"for": {"channels": ["voice"]}})]
    knowledge = some_knowledge(an_offer(sells=["films"], minutes=9), rules=rules)
    assert changes(knowledge, asked()) == {"contact.channel": ("voice", "chat")}
    assert changes(a_company("action.minutes <= 3.0", action=an_offer(minutes=9)), asked()) is None


# --- what happened -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require", "happened", "found"),
    [
        ("history.open_complaints == 0", "complaint_opened", {"history.open_complaints": (1, 0)}),
        ("history.outage_open_hours == 0.0", "outage", {"history.outage_open_hours": (24.0, 0.0)}),
        ("history.outage_open_hours < 4.0", "outage", {"history.outage_open_hours": (24.0, 0.0)}),
        ("history.unpaid == 0", "missed_payment", {"history.unpaid": (1, 0)}),
        ("history.contacts_30d >= 3", None, {"history.contacts_30d": (1, 3)}),
        ("history.open_promises >= 1", None, {"history.open_promises": (0, 1)}),
        ("history.last_score >= 7.0", None, {"history.last_score": (None, 7.0)}),
        ("history.hours_since_inbound < 24.0", None, {"history.hours_since_inbound": (None, 23.99)}),
        ("'tv' in history.interests_14d", None, {"history.interests_14d": ((), ("tv",))}),
        ("'moving' in history.subjects_14d", None, {"history.subjects_14d": ((), ("moving",))}),
    ],
)
def test_something_happens_that_ends_it_or_brings_it_about(
    require: str, happened: str | None, found: dict[str, Any]
) -> None:
    history = () if happened is None else (an_event(happened),)
    assert changes(a_company(require), asked(None, *history)) == found


def test_every_promise_is_kept_so_that_the_overdue_one_is() -> None:
    due = NOW - timedelta(hours=1)
    promises = (
        an_event("promise", days_ago=9, due=NOW + timedelta(days=9)),
        an_event("promise", days_ago=3, due=due),
    )
    knowledge = a_company("history.overdue_promises == 0")
    assert changes(knowledge, asked(None, *promises)) == {"history.overdue_promises": (1, 0)}


def test_contacts_on_the_same_subject_need_one() -> None:
    knowledge = a_company("history.same_subject_30d >= 2")
    assert changes(knowledge, asked(subject="bill")) == {"history.same_subject_30d": (1, 2)}
    assert changes(knowledge, asked()) is None


def test_an_old_message_of_the_customer_is_followed_by_a_new_one() -> None:
    knowledge = a_company("history.hours_since_inbound < 24.0")
    wrote = an_event("contact", days_ago=3, channel="voice", direction="inbound")
    assert changes(knowledge, asked(None, wrote)) == {"history.hours_since_inbound": (72.0, 0.0)}


@pytest.mark.parametrize(
    ("require", "happened", "days"),
    [
        ("history.contacts_30d <= 1", an_event("contact", days_ago=10), 20),
        ("history.outage_hours_30d < 8.0", an_event("outage", days_ago=10, hours=9.0), 20),
        ("history.missed_payments_12m == 0", an_event("missed_payment", days_ago=300), 65),
        ("!('cheaper' in history.accepted_90d)", an_outcome("accepted", days_ago=30), 60),
        ("history.days_since_save > 60", an_outcome("accepted", days_ago=30), 31),
        ("!history.save_accepted_7d", an_outcome("accepted", days_ago=1), 6),
    ],
)
def test_what_no_event_ends_is_forgotten_in_time(require: str, happened: Any, days: int) -> None:
    found = changes(a_company(require), asked(None, happened))
    assert found == {"now": (NOW.isoformat(), (NOW + timedelta(days=days)).isoformat())}


def test_a_running_outage_is_forgotten_once_it_is_over() -> None:
    found = changes(a_company("history.outage_hours_30d < 24.0"), asked(None, an_event("outage")))
    assert found == {
        "history.outage_open_hours": (24.0, 0.0),
        "now": (NOW.isoformat(), (NOW + timedelta(days=30)).isoformat()),
    }


def test_what_neither_happens_nor_passes_is_not_asked_for() -> None:
    assert changes(a_company("history.saves_refused_7d >= 1"), asked()) is None
    assert changes(a_company("'x' in history.accepted_90d"), asked()) is None
    assert changes(a_company("has(history.score_days)"), asked()) is None


# --- plain fields, modes, caps and stock -------------------------------------------------------------------------------


def test_plain_fields_are_met() -> None:
    said: dict[str, Any] = {"intent": "cancel", "motive": "service"}
    for action, contact, found in (
        (an_offer(channels=["chat", "web"]), {}, {"contact.channel": ("voice", "chat")}),
        (a_save(motives=["price"]), said, {"contact.motive": ("service", "price")}),
        (CANCEL, {}, {"contact.intent": (None, "cancel")}),
        (a_save(), {}, {"contact.intent": (None, "cancel")}),
        (an_offer(), {"intent": "cancel"}, {"contact.leaving": (True, False)}),
    ):
        said_so: dict[str, Any] = contact
        assert changes(some_knowledge(action), asked(**said_so)) == found


def test_a_day_comes_and_does_not_come_back() -> None:
    first = date(2026, 12, 1)
    question = asked()
    assert changes(some_knowledge(an_offer(valid_from=first)), question) == {
        "now": (NOW.isoformat(), (NOW + timedelta(days=10)).isoformat())
    }
    assert changes(some_knowledge(an_offer(valid_until=date(2026, 1, 1))), question) is None
    gone: dict[str, Any] = {"valid_from": date(2025, 1, 1), "valid_until": date(2026, 1, 1)}
    assert changes(some_knowledge(an_offer(**gone)), question) is None


def test_a_save_that_was_refused_may_be_told_again_in_another_conversation() -> None:
    refused = an_outcome("declined", days_ago=2)
    found = changes(some_knowledge(a_save("cheaper")), asked(None, refused, intent="cancel"))
    assert found == {"now": (NOW.isoformat(), (NOW + timedelta(days=5)).isoformat())}


def test_a_full_cap_opens_on_its_day() -> None:
    cap = {"id": "once", "count": "accepted", "per": "action", "days": 30, "reason": both("Te vaak")}
    knowledge = some_knowledge(an_offer("sell-tv"), caps=[cap])
    taken = an_outcome("accepted", action="sell-tv", action_kind="offer", days_ago=10)
    assert changes(knowledge, asked(None, taken)) == {
        "now": (NOW.isoformat(), (NOW + timedelta(days=20)).isoformat())
    }


def test_nothing_brings_back_what_is_sold_out() -> None:
    knowledge = some_knowledge(an_offer("sell-tv", stock=1))
    assert would_be(knowledge, asked(), sold_out=frozenset({"sell-tv"})) is None


def test_a_mode_is_entered_when_those_before_it_are_over() -> None:
    modes = [
        a_mode("fix", when="history.open_complaints > 0", kinds=["service"]),
        a_mode("save", when="contact.leaving", kinds=["save"]),
        a_mode("grow", kinds=["offer"]),
    ]
    knowledge = some_knowledge(a_save(), modes=modes)
    assert changes(knowledge, asked(None, an_event("complaint_opened"))) == {
        "contact.intent": (None, "cancel"),
        "history.open_complaints": (1, 0),
    }


def test_a_mode_lets_in_by_its_side_door() -> None:
    door = {"kinds": ["save"], "motives": ["price"], "when": "customer.use > 1.0"}
    modes = [a_mode("grow", kinds=["offer"], also=[door])]
    knowledge = some_knowledge(a_save(motives=["price"]), modes=modes, facts=FACTS)
    assert changes(knowledge, asked()) == {"customer.use": (None, 1.01)}
    assert changes(some_knowledge(a_process(), modes=[a_mode("grow")]), asked()) is None


# --- holdings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "held", "after"),
    [
        (an_offer(), ("tv",), ()),
        (an_offer(requires=["internet"]), ("tv", "films"), ("films", "fiber")),
        (an_offer(excludes=["internet"]), ("dsl", "films"), ("films",)),
        (an_offer(sells=["fiber"], replaces=["dsl"]), (), ("dsl",)),
    ],
)
def test_a_product_more_or_less_is_held(action: Any, held: tuple[str, ...], after: tuple[str, ...]) -> None:
    found = changes(some_knowledge(action), asked(a_customer(holding=held)))
    assert found == {"customer.holdings": (tuple(sorted(held)), after)}


@pytest.mark.parametrize(
    ("require", "held", "after"),
    [
        ("'tv' in customer.holdings", (), ("tv",)),
        ("!('tv' in customer.holdings)", ("tv",), ()),
        ("'internet' in customer.families", (), ("fiber",)),
        ("!('internet' in customer.families)", ("dsl", "tv"), ("tv",)),
        ("size(customer.holdings) >= 1", (), ("fiber",)),
        ("size(customer.holdings) == 0", ("tv",), ()),
    ],
)
def test_a_rule_on_holdings_is_met(require: str, held: tuple[str, ...], after: tuple[str, ...]) -> None:
    found = changes(a_company(require), asked(a_customer(holding=held)))
    assert found == {"customer.holdings": (held, after)}


def test_rules_that_count_holdings_otherwise_have_no_way() -> None:
    assert changes(a_company("size(customer.families) >= 2"), asked()) is None
    assert changes(a_company("size(customer.holdings) < 0"), asked()) is None


def test_what_would_be_left_without_what_it_needs_goes_first() -> None:
    needy = {"id": "box", "family": "boxes", "price": 1.0, "margin": 1.0, "requires": ["dsl"]}
    action = an_offer(sells=["fiber"], replaces=["dsl"])
    knowledge = some_knowledge(catalogue=a_catalogue(action, products=(*PRODUCTS, needy)))
    found = changes(knowledge, asked(a_customer(holding=("dsl", "box"))))
    assert found == {"customer.holdings": (("box", "dsl"), ("dsl",))}


def test_a_product_takes_the_place_of_what_cannot_stand_beside_it() -> None:
    products = (
        {"id": "slow", "family": "internet", "price": 9.0, "margin": 1.0, "excludes": ["fast"]},
        {"id": "fast", "family": "internet", "price": 9.0, "margin": 1.0},
        {"id": "tv", "family": "television", "price": 9.0, "margin": 1.0, "requires": ["internet"]},
    )
    action = an_offer(requires=["fast"])
    knowledge = some_knowledge(catalogue=a_catalogue(action, products=products))
    question = asked(a_customer(holding="slow"))
    assert changes(knowledge, question) == {"customer.holdings": (("slow",), ("fast",))}
    assert text(knowledge, question) == "When the customer has fast and the customer does not have slow"


def test_what_was_held_keeps_its_day() -> None:
    held = (Holding(product_id="tv", since=date(2025, 1, 1)), Holding(product_id="films"))
    question = asked(Customer(customer_id="C-1", holdings=held))
    after = applied({"customer.holdings": ("films", "tv", "tv")}, question, a_company("true").policy)
    assert after.request.holdings == (held[1], held[0], Holding(product_id="tv"))


# --- the nearest, and all of it ----------------------------------------------------------------------------------------


def test_all_that_stops_an_action_is_undone_at_once_over_all_tiers() -> None:
    rules = [
        a_rule("customer.wired", id="first", tier="eligibility"),
        a_rule("customer.use > 4.0", id="second", tier="relevance", on_missing="veto"),
        a_rule("customer.people > 2", id="third", tier="suitability"),
    ]
    knowledge = some_knowledge(an_offer(requires=["internet"], channels=["chat"]), facts=FACTS, rules=rules)
    question = asked(a_customer(people=1))
    assert changes(knowledge, question) == {
        "customer.wired": (None, True),
        "customer.use": (None, 4.01),
        "customer.people": (1, 3),
        "contact.channel": ("voice", "chat"),
        "customer.holdings": ((), ("fiber",)),
    }
    assert text(knowledge, question, "nl") == (
        "Als bekend is dat customer.wired ja is, bekend is dat customer.use minstens 4,01 is, "
        "customer.people minstens 3 is (nu 1), het kanaal chat is (nu telefoon) en de klant fiber heeft"
    )


def test_what_one_change_does_as_well_is_not_told_beside_it() -> None:
    knowledge = a_company("history.contacts_7d == 2 && history.contacts_30d == 2")
    assert changes(knowledge, asked()) == {"history.contacts_30d": (1, 2)}
    both_counts = {"history.contacts_7d": 2, "history.contacts_30d": 2}
    after = applied(both_counts, asked(), knowledge.policy)
    assert [event.kind for event in after.history.events] == ["contact"]


@pytest.mark.parametrize(
    "require",
    [
        "history.open_complaints >= 1",
        "history.outage_open_hours >= 4.0",
        "history.outage_hours_30d >= 8.0",
        "history.missed_payments_12m == 1",
        "history.unpaid >= 1",
        "history.overdue_promises >= 1",
    ],
)
def test_nobody_is_wished_harm(require: str) -> None:
    assert changes(a_company(require), asked()) is None


def test_a_change_that_stops_something_else_is_changed_again() -> None:
    rules = [
        a_rule("customer.use > 4.0 || customer.wired", id="first", tier="eligibility"),
        a_rule("customer.use <= 3.0 || !has(customer.use)", id="second"),
    ]
    knowledge = some_knowledge(an_offer(), facts=FACTS, rules=rules)
    assert changes(knowledge, asked()) == {"customer.wired": (None, True)}


def test_two_sides_leave_one_value_in_particular() -> None:
    knowledge = a_company("customer.people >= 3 && customer.people <= 5")
    found = would_be(knowledge, asked())
    assert found is not None
    assert [(change.to, change.bound) for change in found.changes] == [(3, "is")]
    for require, to in (
        ("customer.people >= 3 && customer.people >= 5", 5),
        ("customer.people <= 3 && customer.people <= 2", 2),
    ):
        assert changes(a_company(require), asked()) == {"customer.people": (None, to)}


def test_actions_under_one_rule_are_all_told() -> None:
    knowledge = some_knowledge(
        an_offer("a", sells=["films"]),
        an_offer("b"),
        facts=FACTS,
        rules=[a_rule("customer.wired", tier="legal")],
    )
    found = Counterfactuals(asked(), knowledge)
    assert found.would_be(0, "en") == found.would_be(1, "en") is not None


def test_a_missing_fact_that_stops_nothing_is_not_asked_for() -> None:
    knowledge = some_knowledge(
        an_offer(channels=["chat"]), facts=FACTS, rules=[a_rule("customer.wired", tier="suitability")]
    )
    assert changes(knowledge, asked()) == {"contact.channel": ("voice", "chat")}


def test_a_dead_end_is_given_up() -> None:
    circle = [
        a_rule("customer.use >= 4.0 || contact.subject == 'a'", id="first", tier="eligibility"),
        a_rule("customer.use <= 3.0 && contact.subject == 'b'", id="second", on_missing="veto"),
    ]
    assert changes(some_knowledge(an_offer(), facts=FACTS, rules=circle), asked()) is None
    many = [
        a_rule(f"contact.subject in {[f'{letter}{number}' for number in range(13)]}", tier="legal", id=letter)
        for letter in "ab"
    ]
    assert changes(some_knowledge(an_offer(), rules=many), asked()) is None


def test_an_action_that_is_eligible_needs_nothing() -> None:
    assert would_be(some_knowledge(an_offer()), asked()) is None


# --- told --------------------------------------------------------------------------------------------------------------


def test_a_decision_tells_it_with_every_veto_of_an_action() -> None:
    rules = [a_rule("customer.wired", id="one"), a_rule("customer.use > 1.0", id="two")]
    actions = (an_offer("a", sells=["films"]), an_offer("b", channels=["chat"], sells=["tv"]))
    knowledge = some_knowledge(
        *actions,
        facts=FACTS,
        rules=[{**rule, "for": {"actions": ["a"]}, "on_missing": "veto"} for rule in rules],
    )
    question = asked()
    decision = decide(*question[:3], knowledge, now=NOW, decision_id="p00-1")
    told = with_would_be(decision, question, knowledge)
    assert [(veto.action_id, veto.would_be_offered_if) for veto in decision.vetoes] == [
        ("a", None),
        ("a", None),
        ("b", None),
        ("way-out", None),
    ]
    sentences = [
        (veto.action_id, veto.would_be_offered_if and veto.would_be_offered_if.text) for veto in told.vetoes
    ]
    of_a = "Als bekend is dat customer.wired ja is en bekend is dat customer.use minstens 1,01 is"
    assert sentences == [
        ("a", of_a),
        ("a", of_a),
        ("b", "Als het kanaal chat is (nu telefoon)"),
        ("way-out", "Als de klant zegt weg te willen"),
    ]
    assert told.model_copy(update={"vetoes": decision.vetoes}) == decision


@pytest.mark.parametrize(
    ("require", "contact", "sentence"),
    [
        ("!contact.leaving", {"intent": "cancel"}, "When the customer no longer wishes to leave"),
        ("contact.intent == 'x'", {"intent": "y"}, "When the intent of the contact is x (now y)"),
        ("contact.subject == 'bill'", {}, "When the subject is bill"),
        ("'moving' in history.subjects_14d", {}, "When the customer looked at moving lately"),
        ("history.contacts_30d >= 2", {}, "When the number of contacts in thirty days is at least 2 (now 1)"),
        (
            "customer.born >= timestamp('2000-01-01T00:00:00Z')",
            {},
            "When it is known that customer.born is at least 1 January 2000",
        ),
    ],
)
def test_each_change_has_its_words(require: str, contact: dict[str, Any], sentence: str) -> None:
    knowledge = a_company(require, modes=[a_mode("all", kinds=["offer"])])
    assert text(knowledge, asked(**contact)) == sentence


def test_nothing_at_most_is_simply_nothing() -> None:
    knowledge = a_company("history.open_complaints == 0 && customer.use <= 0.0")
    question = asked(a_customer(use=12.5), an_event("complaint_opened"))
    assert text(knowledge, question) == (
        "When customer.use is 0 (now 12.5) and the number of open complaints is 0 (now 1)"
    )
