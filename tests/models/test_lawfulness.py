"""The law in force is asked of whatever another catalogue and policy would propose."""

from __future__ import annotations

from typing import Any

from models.journal import DecisionRecord, replay
from models.knowledge import Knowledge
from models.lawfulness import Law
from tests.builders import (
    CANCEL,
    NOW,
    a_catalogue,
    a_contact,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_request,
    a_rule,
    an_action,
    an_offer,
    some_knowledge,
)

CONSENT = a_rule(
    "customer.consents.marketing", id="consent", tier="legal", **{"for": {"purposes": ["marketing"]}}
)
CALM = a_rule("false", id="calm")
GIVEN: dict[str, Any] = {"consents": {"marketing": "offers"}}


def now_in_force(*actions: dict[str, Any], **given: Any) -> Knowledge:
    return some_knowledge(*(actions or (an_offer(),)), rules=[CONSENT, CALM], **{**GIVEN, **given})


def proposed_as(*actions: dict[str, Any], **given: Any) -> Knowledge:
    return some_knowledge(*(actions or (an_offer(),)), **{**GIVEN, **given})


def a_record(knowledge: Knowledge, *, stored: bool = True, **consents: bool) -> DecisionRecord:
    customer = a_customer().model_copy(update={"consents": consents}) if stored else None
    request = a_request(contact=a_contact(), consents={} if stored else consents)
    decision = a_decision(knowledge, customer=customer, request=request, now=NOW)
    return DecisionRecord(request=request, customer=customer, history=a_history(), decision=decision)


def broken(present: Knowledge, proposed: Knowledge, **consents: bool) -> list[tuple[str, str]]:
    record = a_record(present, **consents)
    return Law(present, proposed.catalogue).broken(record, replay(record, proposed))


def test_a_law_that_was_left_out_of_the_proposal_is_broken() -> None:
    assert broken(now_in_force(), proposed_as(), marketing=False) == [("consent", "sell-tv")]
    assert broken(now_in_force(), proposed_as()) == [("consent", "sell-tv")]


def test_nothing_is_broken_where_the_law_allows_it_and_other_tiers_have_no_say() -> None:
    assert broken(now_in_force(), proposed_as(), marketing=True) == []


def test_a_new_action_is_asked_about_by_what_it_is() -> None:
    proposed = proposed_as(an_offer("brand-new"))
    assert broken(now_in_force(), proposed, marketing=False) == [("consent", "brand-new")]


def test_a_mode_that_kept_an_action_out_before_does_not_hide_that_it_is_forbidden() -> None:
    present = now_in_force(modes=[a_mode("rest", kinds=["service"])])
    assert broken(present, proposed_as(), marketing=False) == [("consent", "sell-tv")]


def test_conditions_that_name_new_facts_do_not_stop_the_law_from_being_asked() -> None:
    proposed = proposed_as(an_offer(condition="!has(customer.rich)"), facts={"rich": {"type": "boolean"}})
    law = Law(now_in_force(), proposed.catalogue)
    record = a_record(now_in_force(), marketing=False)
    assert law.unasked == ()
    assert law.broken(record, replay(record, proposed)) == [("consent", "sell-tv")]


def test_a_stranger_is_judged_by_what_the_request_says() -> None:
    present, proposed = now_in_force(), proposed_as()
    record = a_record(present, stored=False, marketing=False)
    assert Law(present, proposed.catalogue).broken(record, replay(record, proposed)) == [
        ("consent", "sell-tv")
    ]


def test_an_emergency_of_today_needs_no_fact_and_a_new_one_does() -> None:
    plain = an_action("help", "service", purpose="marketing")
    emergency = {**plain, "emergency": True}
    assert broken(now_in_force(emergency), proposed_as(emergency)) == []
    assert broken(now_in_force(plain), proposed_as(emergency)) == [("consent", "help")]


def test_a_law_that_names_what_the_proposal_no_longer_has_is_said_to_be_unasked() -> None:
    rule = a_rule("!('films' in customer.holdings)", id="no_films", tier="legal")
    present = some_knowledge(an_offer(), rules=[CONSENT, rule], **GIVEN)
    tv = {"id": "tv", "family": "television", "price": 15.0, "margin": 6.0}
    proposed = some_knowledge(catalogue=a_catalogue(an_offer(), CANCEL, products=[tv]), **GIVEN)
    assert Law(present, proposed.catalogue).unasked == ("no_films",)
