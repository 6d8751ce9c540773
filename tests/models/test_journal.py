"""An old decision is decided again from its record, also after everything has moved on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.decision import decide
from models.domain import Customer, Flags, History
from models.journal import DecisionRecord, choice_of, replay
from models.knowledge import Knowledge
from models.learned import load_learned
from tests.builders import (
    NOW,
    a_bundle,
    a_churn_model,
    a_contact,
    a_customer,
    a_history,
    a_request,
    a_rule,
    a_save,
    an_event,
    an_offer,
    an_outcome,
    some_knowledge,
)

FACTS = {"term_end": {"type": "date"}, "tenure": {"type": "integer", "clock": 1}, "bill": {"type": "number"}}
RULES = [
    a_rule("customer.term_end < now", id="term", **{"for": {"actions": ["sell-films"]}}),
    a_rule("customer.bill < 100.0", id="bill", tier="legal"),
]


def some_provider(**given: object) -> Knowledge:
    actions = [an_offer("sell-tv"), an_offer("sell-films", sells=["films"]), a_save(valid_from="2027-01-01")]
    return some_knowledge(
        *actions, bundle=a_bundle(churn=a_churn_model(tv=-1.0)), facts=FACTS, rules=RULES, **given
    )


def a_record(
    knowledge: Knowledge,
    customer: Customer | None = None,
    history: History | None = None,
    *,
    degraded: tuple[str, ...] = (),
) -> DecisionRecord:
    request = a_request(contact=a_contact(motive="price"), facts={"bill": 40})
    known = history or a_history()
    decision = decide(
        request,
        customer or Customer(customer_id="C-1"),
        known,
        knowledge,
        now=NOW,
        decision_id="p00-7",
        degraded=degraded,
    )
    return DecisionRecord(
        request=request, customer=customer, history=known, degraded_in=degraded, decision=decision
    )


CUSTOMER = a_customer(holding=("fiber", "dsl"), term_end="2027-03-01", tenure=14)


def test_a_decision_is_decided_again_from_its_record() -> None:
    knowledge = some_provider()
    record = a_record(knowledge, CUSTOMER)
    assert replay(record, knowledge) == record.decision


def test_a_record_reads_back_and_replays_the_same() -> None:
    knowledge = some_provider()
    record = a_record(knowledge, CUSTOMER, a_history(an_event("complaint_opened"), an_outcome("declined")))
    read = DecisionRecord.model_validate_json(record.model_dump_json())
    assert read == record
    assert replay(read, knowledge) == record.decision


def test_a_decision_replays_in_a_process_that_knows_nothing_yet() -> None:
    record = a_record(some_provider(), CUSTOMER)
    assert replay(record, some_provider()) == record.decision


def test_a_decision_replays_after_bundle_snapshot_and_flags_have_moved_on_and_back() -> None:
    knowledge = some_provider()
    record = a_record(knowledge, CUSTOMER)
    learned = load_learned(b'{"corrections": {"sell-tv": {"mean": 2}}}')
    moved = knowledge.with_(bundle=None, learned=learned, flags=Flags(propensity="implicit"))
    assert replay(record, moved) != record.decision
    assert replay(record, knowledge) == record.decision


def test_who_was_not_stored_is_decided_again_as_a_stranger() -> None:
    knowledge = some_provider()
    record = a_record(knowledge, None)
    assert replay(record, knowledge) == record.decision


def test_what_could_not_be_loaded_then_is_named_again() -> None:
    knowledge = some_provider()
    record = a_record(knowledge, CUSTOMER, degraded=("store",))
    assert replay(record, knowledge).degraded == record.decision.degraded


def test_what_happened_since_does_not_change_an_old_decision() -> None:
    knowledge = some_provider()
    record = a_record(knowledge, CUSTOMER)
    later = a_history(an_event("complaint_opened", days_ago=-2), an_outcome("declined", days_ago=-1))
    longer = record.model_copy(update={"history": later})
    assert replay(longer, knowledge) == record.decision


@pytest.mark.parametrize("days", [0, 400])
def test_a_replay_happens_at_the_moment_of_the_decision(days: int) -> None:
    knowledge = some_provider()
    record = a_record(knowledge, CUSTOMER)
    moved = record.decision.model_copy(update={"decided_at": NOW + timedelta(days=days)})
    again = replay(record.model_copy(update={"decision": moved}), knowledge)
    assert again.decided_at == NOW + timedelta(days=days)


def test_what_could_have_been_proposed_is_told_with_its_value_and_its_discount() -> None:
    deal = an_offer("deal", discount={"amount": 3, "months": 2}, sells=["tv"], acceptance={"rate": 0.25})
    knowledge = some_knowledge(deal, money={"base_hazard": 0.5, "yearly_discount": 0.0})
    record = a_record(knowledge, a_customer(holding="fiber"))
    choice = choice_of(record, knowledge)
    [proposal] = [proposal for proposal in record.decision.proposals if proposal.value is not None]
    assert proposal.value is not None
    assert choice.value.round(2).tolist() == [proposal.value.expected]
    assert choice.discount.tolist() == pytest.approx([0.25 * (3 * 0.5 + 3 * 0.25)])


def test_nothing_was_priced_for_who_objects_to_profiling_nor_where_nothing_was_eligible() -> None:
    offers = some_knowledge(an_offer("sell-tv"), facts=FACTS)
    objector = a_customer(holding="fiber").model_copy(update={"consents": {"profiling": False}})
    held = a_customer(holding=("fiber", "tv"))
    assert len(choice_of(a_record(offers, objector), offers).value) == 0
    assert len(choice_of(a_record(offers, held), offers).value) == 0
