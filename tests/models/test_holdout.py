"""Who is left out of proposals: whom it befalls, what he still gets, and how a drawn proposal came to stand first."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from models.documents import DocumentError
from models.domain import Customer, History
from models.journal import DecisionRecord, choice_of, replay
from models.knowledge import Knowledge
from models.response import Candidate, Decision, Experiment, Selection
from models.sections.experiments import Experiments, Holdout
from tests.builders import (
    a_catalogue,
    a_contact,
    a_decision,
    a_history,
    a_mode,
    a_process,
    a_request,
    a_save,
    an_action,
    an_event,
    an_offer,
    an_outcome,
    proposed,
    some_knowledge,
    vetoed,
)

IDS = [f"C-{number}" for number in range(20_000)]
HOLDOUT = Holdout(universal=0.05, random=0.02, salt="2026")
UNIVERSAL = next(name for name in IDS if HOLDOUT.of(name) == "universal")
RANDOM = next(name for name in IDS if HOLDOUT.of(name) == "random")
ORDINARY = next(name for name in IDS if HOLDOUT.of(name) is None)
LEAVING = {"intent": "cancel", "motive": "price"}
KINDS = ["question", "service", "offer", "save", "process"]


def knows(*actions: dict[str, Any], **given: Any) -> Knowledge:
    given.setdefault("modes", [a_mode("m", kinds=KINDS)])
    experiments = {"never": given.pop("never", "false"), "holdout": HOLDOUT.model_dump()}
    return some_knowledge(*actions, experiments=experiments, **given)


def answered(
    knowledge: Knowledge, who: str, history: History | None = None, consents: Any = None, **contact: Any
) -> Decision:
    return a_decision(
        knowledge,
        history=history,
        customer=Customer(customer_id=who, consents=consents or {}),
        request=a_request(customer_id=who, contact=a_contact(**contact), detail="full"),
    )


# --- who ------------------------------------------------------------------------------------------------------------


def test_the_shares_are_what_was_asked_for() -> None:
    counts = Counter(HOLDOUT.of(name) for name in IDS)
    assert 900 <= counts["universal"] <= 1100
    assert 340 <= counts["random"] <= 460


def test_a_wider_share_keeps_those_it_had_and_takes_nobody_from_the_other() -> None:
    wider = Holdout(universal=0.1, random=0.02, salt="2026")
    for name in IDS[:4000]:
        if HOLDOUT.of(name) is not None:
            assert wider.of(name) == HOLDOUT.of(name)


def test_another_salt_leaves_out_others() -> None:
    held = {name for name in IDS if HOLDOUT.of(name) == "universal"}
    again = {name for name in IDS if Holdout(universal=0.05, salt="2027").of(name) == "universal"}
    assert 20 <= len(held & again) <= 80


def test_nobody_is_left_out_unless_the_policy_says_so() -> None:
    assert Experiments().holdout is None
    assert {Holdout().of(name) for name in IDS[:1000]} == {None}


def test_not_everybody_can_be_left_out() -> None:
    with pytest.raises(ValidationError, match="everybody is left out"):
        Holdout(universal=0.5, random=0.5)


# --- nothing is offered ---------------------------------------------------------------------------------------------


def test_the_universal_holdout_gets_service_and_processes_alone() -> None:
    knowledge = knows(
        an_offer(), an_action("ask", "question"), an_action("repair", "service"), a_process("move-date")
    )
    decision = answered(knowledge, UNIVERSAL)
    assert proposed(decision) == ["repair", "move-date"]
    assert vetoed(decision) == {"sell-tv": "held_out", "ask": "held_out"}
    assert decision.removed["arbitration"] == 2
    assert decision.experiment == Experiment(holdout="universal")
    assert decision.selection == Selection(probability=1.0, explored=False)
    assert [p.value for p in decision.proposals] == [None, None]


def test_another_customer_gets_what_he_would_get_without_a_holdout() -> None:
    offer = an_offer()
    decision = answered(knows(offer), ORDINARY)
    without = answered(some_knowledge(offer, modes=[a_mode("m", kinds=KINDS)]), ORDINARY)
    assert proposed(decision) == ["sell-tv"]
    assert decision.model_copy(update={"versions": without.versions}) == without


def test_the_way_out_stands_for_who_wants_to_leave_and_is_held_out() -> None:
    decision = answered(knows(a_save()), UNIVERSAL, **LEAVING)
    assert [p.action_id for p in decision.proposals] == ["way-out"]
    assert vetoed(decision) == {"cheaper": "held_out"}


def test_emergencies_and_the_way_out_are_of_kinds_that_are_never_withheld() -> None:
    for flag in ("emergency", "cancels"):
        with pytest.raises(DocumentError, match="kind"):
            a_catalogue(an_offer(**{flag: True}))


def test_who_objects_to_profiling_is_in_no_holdout() -> None:
    knowledge = knows(an_offer())
    decision = answered(knowledge, UNIVERSAL, consents={"profiling": False})
    assert decision.experiment == Experiment(measured=False)


def test_what_is_offered_to_nobody_takes_nothing_of_the_budget() -> None:
    knowledge = knows(an_offer())
    assert len(choice_of(record_of(answered(knowledge, UNIVERSAL)), knowledge).value) == 0
    assert len(choice_of(record_of(answered(knowledge, ORDINARY)), knowledge).value) == 1


def record_of(decision: Decision) -> DecisionRecord:
    request = a_request(
        customer_id=decision.customer_id, contact=a_contact(contact_id=decision.contact_id), detail="full"
    )
    return DecisionRecord(request=request, customer=None, history=History(), decision=decision)


# --- what is offered first is drawn -----------------------------------------------------------------------------------

OFFERS = [
    an_offer(name, family=name, acceptance={"rate": rate})
    for name, rate in (("a", 0.3), ("b", 0.2), ("c", 0.001))
]


def test_the_random_holdout_gets_one_of_the_eligible_each_as_often() -> None:
    knowledge = knows(*OFFERS, an_action("repair", "service"))
    counts: Counter[str] = Counter()
    for number in range(600):
        decision = answered(knowledge, RANDOM, contact_id=f"K-{number}")
        assert proposed(decision)[0] == "repair"
        drawn = proposed(decision)[1]
        assert decision.selection == Selection(
            probability=1 / 3,
            explored=True,
            action_id=drawn,
            candidates=tuple(Candidate(action_id=name, probability=1 / 3) for name in "abc"),
        )
        assert decision.experiment == Experiment(holdout="random")
        counts.update(proposed(decision)[1:])
    assert set(counts) == {"a", "b", "c"}
    assert all(160 <= count <= 240 for count in counts.values())


def test_the_others_are_told_that_another_one_was_drawn() -> None:
    decision = answered(knows(*OFFERS), RANDOM)
    (first,) = proposed(decision)
    assert vetoed(decision) == {name: "not_drawn" for name in "abc" if name != first}
    assert decision.proposals[0].value is not None


def test_a_contact_that_asks_again_gets_the_same_draw() -> None:
    knowledge = knows(*OFFERS)
    assert answered(knowledge, RANDOM) == answered(knowledge, RANDOM)


def test_a_save_is_drawn_with_the_way_out_beside_it_and_none_after_the_last_round() -> None:
    knowledge = knows(a_save("one"), a_save("two"))
    decision = answered(knowledge, RANDOM, **LEAVING)
    assert decision.selection.probability == 0.5
    assert [p.kind for p in decision.proposals] == ["save", "process"]
    said = a_history(
        an_outcome("declined", action="x", reason="price"), an_outcome("declined", action="y", reason="price")
    )
    over = answered(knowledge, RANDOM, history=said, **LEAVING)
    assert [p.action_id for p in over.proposals] == ["way-out"]
    assert over.selection.probability == 1.0


def test_a_save_that_stands_on_the_customers_page_is_not_drawn_away() -> None:
    knowledge = knows(a_save("one"), a_save("two"))
    for name in ("one", "two"):
        shown = a_history(an_outcome("shown", action=name, channel="web", contact_id="K-1", days_ago=0.01))
        decision = answered(knowledge, RANDOM, history=shown, channel="web", contact_id="K-1", **LEAVING)
        assert decision.proposals[0].action_id == name
        assert decision.selection.probability == 1.0


def test_with_nothing_to_draw_among_the_answer_is_the_ordinary_one() -> None:
    decision = answered(knows(an_action("repair", "service")), RANDOM)
    assert proposed(decision) == ["repair"]
    assert decision.selection == Selection(probability=1.0, explored=False)


def test_where_services_take_all_places_nothing_is_drawn() -> None:
    services = [an_action(f"repair-{number}", "service") for number in range(3)]
    decision = answered(knows(*OFFERS, *services), RANDOM)
    assert proposed(decision) == ["repair-0", "repair-1", "repair-2"]
    assert decision.selection == Selection(probability=1.0, explored=False)
    assert set(vetoed(decision).values()) == {"not_among_the_best", "worth_less_than_nothing"}


def test_a_kind_that_services_leave_no_place_is_not_drawn_among() -> None:
    services = [an_action(f"repair-{number}", "service") for number in range(3)]
    modes = [a_mode("m", kinds=["offer", "service", "save"])]
    decision = answered(knows(*OFFERS, a_save("cut"), *services, modes=modes), RANDOM)
    assert decision.selection.probability == 1 / 3
    assert vetoed(decision)["cut"] == "not_drawn"


COMPLAINED = a_history(an_event("complaint_opened"))
VULNERABLE = "has(customer.vulnerable) && customer.vulnerable || history.open_complaints > 0"
FACTS = {"vulnerable": {"type": "boolean", "rules_only": True}}


@pytest.mark.parametrize(
    ("facts", "history"), [({"vulnerable": True}, History()), ({"vulnerable": False}, COMPLAINED)]
)
def test_for_whom_the_policy_says_so_nothing_is_drawn(facts: dict[str, Any], history: History) -> None:
    knowledge = knows(*OFFERS, never=VULNERABLE, facts=FACTS)
    customer = Customer(customer_id=RANDOM, facts=facts)
    decision = a_decision(
        knowledge, customer=customer, history=history, request=a_request(customer_id=RANDOM, detail="full")
    )
    assert decision.experiment == Experiment(holdout="random")  # he stays in his share
    assert decision.selection == Selection(probability=1.0, explored=False)
    assert proposed(decision)[0] == "a"  # the best
    assert "not_drawn" not in vetoed(decision).values()


def test_nothing_is_drawn_for_whom_it_cannot_be_told_whether_it_may() -> None:
    knowledge = knows(*OFFERS, never="customer.vulnerable", facts=FACTS)
    decision = answered(knowledge, RANDOM)
    assert decision.experiment == Experiment(holdout="random")
    assert decision.selection == Selection(probability=1.0, explored=False)
    assert "missing:customer.vulnerable" in decision.degraded


def test_who_is_left_out_of_everything_stays_so_whatever_his_troubles_are() -> None:
    decision = a_decision(
        knows(*OFFERS, an_action("repair", "service"), never=VULNERABLE, facts=FACTS),
        customer=Customer(customer_id=UNIVERSAL, facts={"vulnerable": True}),
        request=a_request(customer_id=UNIVERSAL),
    )
    assert decision.experiment == Experiment(holdout="universal")
    assert proposed(decision) == ["repair"]


def test_a_policy_that_draws_says_for_whom_not() -> None:
    with pytest.raises(ValidationError, match="'never' does not say for whom not"):
        Experiments(holdout=Holdout(random=0.02))
    assert Experiments(holdout=Holdout(universal=0.02)).never is None


def test_a_guard_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"experiments\.never"):
        knows(never="customer.nobody > 3")


@pytest.mark.parametrize("who", [UNIVERSAL, RANDOM])
def test_a_held_out_decision_replays(who: str) -> None:
    knowledge = knows(*OFFERS)
    decision = answered(knowledge, who)
    assert replay(record_of(decision), knowledge) == decision
