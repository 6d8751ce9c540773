"""What happened to a customer cannot be had: it is missing, which is something else than nothing having happened."""

from __future__ import annotations

from typing import Any

import pytest

from models.changes import Question
from models.counterfactual import Counterfactuals, with_would_be
from models.decision import decide
from models.domain import Customer, History
from models.journal import DecisionRecord, replay
from models.knowledge import Knowledge
from models.lawfulness import Law
from models.response import Decision
from tests.builders import (
    CANCEL,
    NOW,
    a_contact,
    a_customer,
    a_history,
    a_mode,
    a_request,
    a_rule,
    a_save,
    an_action,
    an_event,
    an_offer,
    an_outcome,
    both,
    proposed,
    some_knowledge,
    veto_of,
    vetoed,
)

LEAVING = {"motives": ["price", "service"]}
QUESTION = an_action(
    "ask-why",
    "question",
    asks={
        "motive": True,
        "answers": [{"value": motive, "label": both(motive), "share": 0.5} for motive in LEAVING["motives"]],
    },
)
SAVES = (a_save("cheaper", motives=["price"]), a_save("repair", motives=["service"]), a_save("stay"))
AWAY = pytest.mark.parametrize("lost", [("store",), ("history",), ("customer", "history")])


def a_company(*actions: Any, **given: Any) -> Knowledge:
    kinds = ["question", "save", "offer", "service", "process"]
    free = {"modes": [a_mode("all", kinds=kinds)], "leaving": LEAVING, **given}
    return some_knowledge(*actions, CANCEL, **free)


def decided(
    knowledge: Knowledge, lost: tuple[str, ...], *happened: Any, customer: Customer | None = None, **said: Any
) -> Decision:
    return decide(
        a_request(contact=a_contact(**said)),
        customer or a_customer(holding="fiber"),
        a_history(*happened),
        knowledge,
        now=NOW,
        decision_id="p00-1",
        degraded=lost,
    )


@AWAY
def test_no_save_is_proposed_while_nobody_knows_how_many_were_heard(lost: tuple[str, ...]) -> None:
    knowledge = a_company(*SAVES, QUESTION, an_action("visit", "service"))
    decision = decided(knowledge, lost, intent="cancel")
    assert [proposal.kind for proposal in decision.proposals] == ["service", "process"]
    stopped = veto_of(decision, "stay")
    assert (stopped.tier, stopped.rule) == ("fit", "history_unread")
    assert dict(stopped.values) == {"history.saves_spoken_7d": None}
    assert stopped.text == "Onbekend is wat deze klant al is aangeboden"
    assert {vetoed(decision)[name] for name in ("cheaper", "repair", "stay")} == {"history_unread"}


@AWAY
def test_a_question_stays_though_the_saves_its_answer_would_open_are_worth_nothing(
    lost: tuple[str, ...],
) -> None:
    decision = decided(a_company(*SAVES, QUESTION), lost, intent="cancel")
    assert vetoed(decision)["ask-why"] == "not_worth_asking"
    plain = a_company(*SAVES, an_action("ask", "question"))
    assert proposed(decided(plain, lost, intent="cancel")) == ["ask", "cancel"]


def test_who_was_never_stored_has_a_history_in_which_nothing_happened() -> None:
    request = a_request(contact=a_contact(intent="cancel"), holdings=[{"product_id": "fiber"}])
    stranger = Customer(customer_id="C-1")
    found = decide(request, stranger, History(), a_company(*SAVES), now=NOW, decision_id="p00-1")
    assert "cheaper" in proposed(found)


def test_what_is_stored_of_the_customer_is_another_matter() -> None:
    assert "cheaper" in proposed(decided(a_company(*SAVES), ("customer",), intent="cancel"))


@AWAY
@pytest.mark.parametrize(
    ("tier", "given", "open_to_him"),
    [
        ("eligibility", {}, False),
        ("eligibility", {"on_missing": "pass"}, True),
        ("suitability", {}, True),
        ("suitability", {"on_missing": "veto"}, False),
    ],
)
def test_a_rule_misses_what_it_reads_of_it(
    lost: tuple[str, ...], tier: str, given: dict[str, Any], open_to_him: bool
) -> None:
    offer = an_offer("credit", sells=["films"])
    knowledge = a_company(offer, rules=[a_rule("history.missed_payments_12m == 0", tier=tier, **given)])
    consents = {"marketing": True, "profiling": True}
    customer = a_customer(holding="fiber").model_copy(update={"consents": consents})
    decision = decided(knowledge, lost, customer=customer)
    assert ("credit" in proposed(decision)) is open_to_him
    if not open_to_him:
        assert dict(veto_of(decision, "credit").values) == {"history.missed_payments_12m": None}
    assert decision.degraded == (*lost, "bundle"), "that all of it is missing is said once"


@AWAY
def test_a_mode_that_asks_what_happened_does_not_begin_and_the_way_out_stays(lost: tuple[str, ...]) -> None:
    first = a_mode("fix", when="history.open_complaints > 0 || history.contacts_30d == 1", kinds=["service"])
    rest = a_mode("rest", kinds=["save", "process"])
    knowledge = a_company(a_save("stay"), modes=[first, rest])
    decision = decided(knowledge, lost, intent="cancel")
    assert (decision.mode, [p.action_id for p in decision.proposals]) == ("rest", ["cancel"])
    assert decided(knowledge, (), intent="cancel").mode == "fix"


@AWAY
def test_what_would_do_is_told_only_where_it_would_do_without_the_history(lost: tuple[str, ...]) -> None:
    actions = (a_save("stay"), an_offer("a", sells=["films"]), an_offer("b", channels=["chat"]))
    clean = a_rule("history.missed_payments_12m == 0", tier="eligibility", **{"for": {"actions": ["a"]}})
    seen = a_rule(
        "'tv' in history.interests_14d", id="seen", tier="eligibility", **{"for": {"actions": ["a"]}}
    )
    knowledge = a_company(*actions, rules=[clean, seen])
    request, customer = a_request(contact=a_contact(intent="cancel")), a_customer(holding="fiber")
    found = Counterfactuals(Question(request, customer, History(), NOW), knowledge, lost=lost)
    assert [found.would_be(row, "en") for row in (0, 1)] == [None, None]
    other = found.would_be(2, "en")
    assert other is not None
    assert [(change.path, change.to) for change in other.changes] == [("contact.channel", "chat")]


def test_an_objection_that_nobody_knows_of_is_not_told_to_be_withdrawn() -> None:
    calm = a_rule("!('marketing' in customer.objections)", tier="legal")
    knowledge = a_company(an_offer("a"), rules=[calm], consents={"marketing": "m", "profiling": "p"})
    decision = decided(knowledge, ("store",))
    told = with_would_be(
        decision, Question(a_request(), a_customer(holding="fiber"), History(), NOW), knowledge
    )
    assert veto_of(told, "a").rule == "r"
    assert veto_of(told, "a").would_be_offered_if is None


@AWAY
def test_it_is_decided_again_without_what_was_lost_then(lost: tuple[str, ...]) -> None:
    knowledge = a_company(*SAVES, an_offer("a"))
    request = a_request(contact=a_contact(intent="cancel"))
    decision = decided(knowledge, lost, intent="cancel")
    record = DecisionRecord(
        request=request,
        customer=a_customer(holding="fiber"),
        history=History(),
        degraded_in=lost,
        decision=decision,
    )
    again = replay(DecisionRecord.model_validate_json(record.model_dump_json()), knowledge)
    assert proposed(again) == proposed(decision)
    assert vetoed(again) == vetoed(decision)
    assert again.degraded == decision.degraded


def test_the_law_is_asked_without_what_was_lost_then() -> None:
    written = a_rule("history.hours_since_inbound < 24.0 || history.unpaid == 0", tier="legal")
    present, open_to_all = a_company(an_offer("a"), rules=[written]), a_company(an_offer("a"))
    decision = decided(open_to_all, ())
    record = DecisionRecord(
        request=a_request(), customer=a_customer(holding="fiber"), history=History(), decision=decision
    )
    law = Law(present, open_to_all.catalogue)
    assert law.broken(record, decision) == []
    lost = record.model_copy(update={"degraded_in": ("history",)})
    assert law.broken(lost, decision) == [("r", "a")]


@AWAY
def test_what_the_caller_has_of_it_is_no_reason_to_go_on(lost: tuple[str, ...]) -> None:
    happened = (an_event("complaint_opened"), an_outcome("declined", action="cheaper"))
    decision = decided(a_company(*SAVES), lost, *happened, intent="cancel", motive="price")
    assert [p.action_id for p in decision.proposals] == ["cancel"]
