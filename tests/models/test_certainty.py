"""How sure a decision is of its values, and what it does with what it is not sure of or has no budget for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.accepting import Acceptances
from models.climbing import Stakes, stakes_of
from models.domain import History
from models.knowledge import Knowledge
from models.learned import Correction, Learned
from models.lockin import Effect
from models.motive import UNKNOWN
from models.pacing import Pacing
from models.pricing import forecast, price_actions
from models.repricing import Differ, Future, reprice
from models.response import Decision
from models.sections.arbitration import Arbitration
from models.situation import Situation, situation_of
from models.waking import Waking
from tests.builders import (
    CANCEL,
    NOW,
    a_bundle,
    a_contact,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_request,
    a_save,
    a_saving,
    an_offer,
    an_outcome,
    proposed,
    some_knowledge,
    veto_of,
)

GROW = a_mode("grow", kinds=["offer", "save"])
SAVE = a_mode("save", when="contact.leaving", kinds=["save", "process"])
LEAVING = {"motives": ["price", "service"]}
RENEWAL = an_offer("renew", purpose="retention", sells=["tv"], minutes=20.0, acceptance={"rate": 0.2})


def taught(prior: float) -> Acceptances:
    """Nothing was heard: what is stated is off by so much."""
    return Acceptances(prior=prior)


def a_pacing(price: float) -> Pacing:
    return Pacing(shadow_price=price, budget=100, days=30, contacts=9, spent=99, spent_without=200)


def knowing(*actions: dict[str, Any], arbitration: dict[str, Any] | None = None, **parts: Any) -> Knowledge:
    return some_knowledge(
        *actions,
        CANCEL,
        bundle=a_bundle(**parts),
        modes=[SAVE, GROW],
        leaving=LEAVING,
        arbitration=arbitration or ({"budget": {"discounts": 100}} if "pacing" in parts else {}),
    )


def answer(knowledge: Knowledge, **contact: Any) -> Decision:
    return a_decision(knowledge, customer=a_customer(holding="fiber"), **contact)


def width(decision: Decision, rank: int = 0) -> float:
    value = decision.proposals[rank].value
    assert value is not None
    assert value.low is not None
    assert value.high is not None
    assert value.low <= value.expected <= value.high
    return value.high - value.low


# --- low and high ----------------------------------------------------------------------------------------------------


def test_nobody_says_how_sure_a_stated_figure_is() -> None:
    value = answer(knowing(an_offer())).proposals[0].value
    assert value is not None
    assert (value.low, value.high) == (None, None)


def test_what_is_certain_lies_at_one_point() -> None:
    assert width(answer(knowing(an_offer(), acceptance=taught(0.0)))) == pytest.approx(0.0, abs=0.011)


def test_less_is_known_and_the_interval_is_wider() -> None:
    widths = [width(answer(knowing(an_offer(), acceptance=taught(prior)))) for prior in (0.1, 0.4, 1.0)]
    assert 0 < widths[0] < widths[1] < widths[2]


def test_an_evidenced_effect_on_staying_widens_it_by_its_error() -> None:
    sure = Effect("tv", hazard_ratio=0.8, low=0.79999, high=0.80001, grade="B")
    unsure = Effect("tv", hazard_ratio=0.8, low=0.5, high=1.28, grade="B")
    refuted = Effect("tv", hazard_ratio=0.8, low=0.5, high=1.28, grade="C")
    none, small, large = [
        width(answer(knowing(an_offer(), acceptance=taught(0.1), effects=[effect])))
        for effect in (refuted, sure, unsure)
    ]
    assert none < small < 0.7 * large


def test_of_a_save_it_counts_who_leaves() -> None:
    save = a_save("stay", acceptance={"rate": 0.4})
    stated = width(answer(knowing(save, acceptance=taught(0.1)), intent="cancel", motive="price"))
    learned = knowing(save, acceptance=taught(0.1), saving=a_saving(seed=2))
    assert width(answer(learned, intent="cancel", motive="price")) > 2 * stated


def test_what_waking_costs_widens_it_by_its_error() -> None:
    def woken(deviation: float) -> Waking:
        row = {"log_ratio": 0.5, "deviation": deviation}
        part = {"kinds": {"offer": row}, "fade": 0.5, "share": (1.0, 1.0), "contacts": 900, "asked": 400}
        return Waking.model_validate(part)

    sell = an_offer(sells=["mobile-l"], acceptance={"rate": 0.4})
    sure, unsure = [
        width(answer(knowing(sell, acceptance=taught(0.1), waking=woken(deviation))))
        for deviation in (0.001, 0.2)
    ]
    assert unsure > sure + 1.0


def test_the_interval_comes_out_again() -> None:
    knowledge = knowing(an_offer(), acceptance=taught(0.3))
    assert answer(knowledge).proposals == answer(knowledge).proposals


# --- a quiet customer ------------------------------------------------------------------------------------------------


def test_a_quiet_customer_hears_no_talk_that_retains_unless_it_is_surely_worth_it() -> None:
    unsure = answer(knowing(RENEWAL, acceptance=taught(2.0)))
    assert proposed(unsure) == []
    assert veto_of(unsure, "renew").rule == "not_surely_worth_it"
    assert proposed(answer(knowing(RENEWAL, acceptance=taught(0.1)))) == ["renew"]


def test_how_sure_is_the_policys_to_say() -> None:
    lax = knowing(RENEWAL, acceptance=taught(2.0), arbitration={"sure": 0.5})
    assert proposed(answer(lax)) == ["renew"]


def test_without_anything_learned_what_is_stated_is_believed() -> None:
    assert proposed(answer(knowing(RENEWAL))) == ["renew"]


def test_an_offer_that_does_not_retain_may_be_tried() -> None:
    sale = {**RENEWAL, "purpose": "marketing"}
    assert proposed(answer(knowing(sale, acceptance=taught(2.0)))) == ["renew"]


def test_who_wishes_to_leave_is_not_quiet() -> None:
    save = a_save("stay", acceptance={"rate": 0.3}, minutes=2.0)
    knowledge = knowing(save, acceptance=taught(2.0))
    assert "stay" in proposed(answer(knowledge, intent="cancel"))


def test_no_more_may_be_harmed_by_a_save_than_the_policy_says() -> None:
    save = a_save("stay", acceptance={"rate": 0.3}, minutes=2.0)
    learned: dict[str, Any] = {"acceptance": taught(0.1), "saving": a_saving(seed=2)}
    for harmed, said in ((None, True), (0.4, True), (0.001, False)):
        knowledge = knowing(save, arbitration={} if harmed is None else {"harmed": harmed}, **learned)
        decision = answer(knowledge, intent="cancel", motive="price")
        assert ("stay" in proposed(decision)) is said
        assert "cancel" in proposed(decision)
    assert veto_of(decision, "stay").rule == "not_surely_worth_it"


def test_what_was_shown_already_waits_for_its_answer_however_unsure() -> None:
    save = a_save("stay", acceptance={"rate": 0.3}, minutes=2.0)
    learned: dict[str, Any] = {"acceptance": taught(0.1), "saving": a_saving(seed=2)}
    knowledge = knowing(save, arbitration={"harmed": 0.001}, **learned)
    shown = a_history(an_outcome("shown", action="stay", days_ago=0.01, contact_id="K-1", channel="web"))
    decision = a_decision(
        knowledge,
        customer=a_customer(holding="fiber"),
        history=shown,
        channel="web",
        intent="cancel",
        motive="price",
    )
    assert "stay" in proposed(decision)


def test_the_level_is_twice_as_near_to_certain_as_the_share_that_may_be_harmed() -> None:
    arbitration = Arbitration(sure=0.7, harmed=0.03)
    assert arbitration.surely(leaving=False) == 0.7
    assert arbitration.surely(leaving=True) == pytest.approx(0.94)
    assert Arbitration().surely(leaving=True) is None


def test_what_is_worth_nothing_is_not_called_unsure() -> None:
    dear = {**RENEWAL, "cost": 500.0}
    assert veto_of(answer(knowing(dear, acceptance=taught(2.0))), "renew").rule == "worth_less_than_nothing"


# --- a budget --------------------------------------------------------------------------------------------------------

CHEAP = an_offer("cheap", sells=["tv"], family="a", acceptance={"rate": 0.2})
DISCOUNTED = an_offer(
    "discounted",
    sells=["films"],
    family="b",
    discount={"amount": 2.0, "months": 12},
    acceptance={"rate": 0.3},
)


def test_a_budget_puts_what_costs_discount_further_back() -> None:
    assert proposed(answer(knowing(CHEAP, DISCOUNTED))) == ["discounted", "cheap"]
    assert proposed(answer(knowing(CHEAP, DISCOUNTED, pacing=a_pacing(2.0)))) == ["cheap", "discounted"]


def test_who_takes_the_budget_out_of_the_policy_need_not_wait_for_the_job() -> None:
    freed = knowing(CHEAP, DISCOUNTED, pacing=a_pacing(2.0), arbitration={"proposals": 3})
    assert proposed(answer(freed)) == ["discounted", "cheap"]


def test_a_budget_that_does_not_press_changes_nothing() -> None:
    free, paced = (answer(knowing(CHEAP, DISCOUNTED, pacing=pacing)) for pacing in (None, a_pacing(0.0)))
    assert free.proposals == paced.proposals


def test_what_is_worth_something_but_not_its_discount_is_not_within_the_budget() -> None:
    decision = answer(knowing(CHEAP, DISCOUNTED, pacing=a_pacing(9.0)))
    assert proposed(decision) == ["cheap"]
    veto = veto_of(decision, "discounted")
    assert veto.rule == "not_within_the_budget"
    assert float(str(veto.values["expected"])) > 0


def test_what_an_action_is_said_to_be_worth_stays_true() -> None:
    free, paced = (
        {p.action_id: p.value for p in answer(knowing(CHEAP, DISCOUNTED, pacing=pacing)).proposals}
        for pacing in (None, a_pacing(2.0))
    )
    assert free == paced


def test_a_save_whose_discount_is_dearer_than_what_it_saves_is_not_made() -> None:
    cut = a_save("cut", discount={"amount": 5.0, "months": 12}, acceptance={"rate": 0.5})
    talk = a_save("talk", acceptance={"rate": 0.3})
    assert set(proposed(answer(knowing(cut, talk), intent="cancel"))) == {"cut", "talk", "cancel"}
    paced = answer(knowing(cut, talk, pacing=a_pacing(4.0)), intent="cancel")
    assert proposed(paced) == ["talk", "cancel"]
    assert veto_of(paced, "cut").rule == "not_on_the_ladder"


def a_situation(knowledge: Knowledge, **contact: Any) -> Situation:
    return situation_of(
        a_request(contact=a_contact(**contact)),
        a_customer(holding="fiber"),
        History(),
        NOW,
        policy=knowledge.policy,
        portfolios=knowledge.portfolios,
    )


def stakes_now(knowledge: Knowledge, **contact: Any) -> tuple[Stakes, Stakes]:
    """By pricing, and as one future of a question."""
    situation = a_situation(knowledge, **contact)
    expected = forecast(situation, UNKNOWN, knowledge.tariff)
    rows = [0, 1]
    priced = price_actions(rows, situation, UNKNOWN, expected.outlook, knowledge.tariff, expected.leaves)
    nothing = Differ(motive=False, hazard=False, taking=False)
    [future] = reprice(rows, [Future(situation, UNKNOWN)], nothing, expected, knowledge.tariff)
    return stakes_of(priced, expected), future


@pytest.mark.parametrize("intent", ["cancel", "question"])
def test_a_question_counts_the_budget_as_the_prices_do(intent: str) -> None:
    knowledge = knowing(CHEAP, DISCOUNTED, pacing=a_pacing(1.2))
    priced, future = stakes_now(knowledge, intent=intent)
    assert np.allclose(priced.eiv, future.eiv, rtol=0, atol=1e-9)
    assert np.allclose(priced.saves.V1, future.saves.V1, rtol=0, atol=1e-9)
    free, _ = stakes_now(knowing(CHEAP, DISCOUNTED), intent=intent)
    assert free.eiv[1] - priced.eiv[1] > 1.0
    assert free.eiv[0] == pytest.approx(priced.eiv[0])


def test_a_question_counts_what_waking_costs_as_the_prices_do() -> None:
    row = {"log_ratio": 0.8, "deviation": 0.05}
    part = {"kinds": {"offer": row}, "fade": 0.5, "share": (1.0, 1.0), "contacts": 900, "asked": 400}
    priced, future = stakes_now(
        knowing(CHEAP, DISCOUNTED, waking=Waking.model_validate(part)), intent="question"
    )
    assert np.allclose(priced.eiv, future.eiv, rtol=0, atol=1e-9)
    free, _ = stakes_now(knowing(CHEAP, DISCOUNTED), intent="question")
    assert np.all(np.subtract(free.eiv, priced.eiv) > 1.0)


# --- what outcomes taught since --------------------------------------------------------------------------------------


def heard(error: float, **more: Correction) -> Learned:
    return Learned(corrections={"sell-tv": Correction(error=error)}, **more)


def test_what_outcomes_taught_since_makes_it_surer_and_never_less_sure() -> None:
    before = knowing(an_offer(), acceptance=taught(0.5))
    surer, no_surer = [before.with_(learned=heard(error)) for error in (0.1, 2.0)]
    assert width(answer(surer)) < 0.5 * width(answer(before))
    assert width(answer(no_surer)) == width(answer(before))


def test_outcomes_alone_say_how_sure_it_is_once_offers_and_saves_were_heard() -> None:
    bare = some_knowledge(an_offer(), a_save("stay"), CANCEL, modes=[SAVE, GROW], leaving=LEAVING)
    assert answer(bare.with_(learned=heard(0.4))).proposals[0].value.low is None  # type: ignore[union-attr]  # it has a price
    assert width(answer(bare.with_(learned=heard(0.4, kinds={"save": Correction(error=1.0)})))) > 0.0
