"""From a situation to figures, each with its source, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.bundle import Bundle
from models.churn import ChurnModel
from models.domain import Flags
from models.features import Encoder, Numeric
from models.learned import Correction, Learned
from models.lockin import Effect
from models.portfolio import Portfolios
from models.response import Churn, Driver, Motive, Proposal, Value
from models.saving import SAVES_ACCEPTED, WISHES, Accepting
from tests.builders import (
    WAY_OUT,
    a_bundle,
    a_bundle_benefit,
    a_catalogue,
    a_churn_model,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_policy,
    a_propensity,
    a_save,
    a_saving,
    an_offer,
    an_outcome,
    both,
    some_knowledge,
)

SELLS = [a_mode("all", kinds=["offer", "save", "process"])]
H, R = 36, 0.10
D = (1 + R) ** (1 / 12) - 1


def annuity(hazard: float = 0.015, *, first: int = 1) -> float:
    """One euro a month from month `first` on, written out."""
    return float(sum((1 - hazard) ** t / (1 + D) ** t for t in range(first, H + 1)))


def odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def chance(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def priced(
    *actions: Any,
    holding: Any = "fiber",
    customer: Any = None,
    history: Any = None,
    proposals: int = 10,
    **given: Any,
) -> list[Proposal]:
    contact = {key: given.pop(key) for key in ("channel", "motive", "queue_load", "intent") if key in given}
    learned, flags = given.pop("learned", None), given.pop("flags", None)
    bundle, catalogue = given.pop("bundle", None), given.pop("catalogue", None)
    policy = a_policy(**{"arbitration": {"proposals": proposals}, **given})
    knowledge = some_knowledge(catalogue=catalogue or a_catalogue(*actions), policy=policy, bundle=bundle)
    knowledge = knowledge.with_(learned=learned or Learned(), flags=flags or Flags())
    decision = a_decision(
        knowledge, customer=customer or a_customer(holding=holding), history=history, **contact
    )
    return [proposal for proposal in decision.proposals if proposal.action_id != WAY_OUT["id"]]


def value_of(*actions: Any, **given: Any) -> Value:
    (proposal,) = priced(*actions, **given)
    assert proposal.value is not None
    return proposal.value


def churn_of(bundle: Bundle | None = None, customer: Any = None, history: Any = None, **given: Any) -> Churn:
    contact = {key: given.pop(key) for key in ("motive", "intent") if key in given}
    decision = a_decision(
        some_knowledge(bundle=bundle, **given), customer=customer, history=history, **contact
    )
    assert decision.churn is not None
    return decision.churn


# --- the sale of one product, by hand ------------------------------------------------------------------------------------


def test_a_sale_is_worth_its_margin_less_what_would_come_unasked() -> None:
    value = value_of(an_offer(sells=["tv"], acceptance={"rate": 0.2}))
    M = 6 * annuity()
    k = annuity(first=3) / annuity()
    assert value.terms.margin == round(0.2 * M, 2)
    assert value.terms.organic == round(-k * 0.01 * M, 2)
    assert value.expected == round(round(0.2 * M, 2) + round(-k * 0.01 * M, 2), 2)


def test_cost_and_wake_are_paid_by_who_accepts_and_who_refuses() -> None:
    value = value_of(an_offer(acceptance={"rate": 0.25}, cost=8, wake=0.4))
    assert value.terms.cost == round(-0.25 * 8 - 0.75 * 0.4, 2)


def test_what_is_not_kept_is_not_counted() -> None:
    assert value_of(an_offer(acceptance={"rate": 0.2, "keep": 0.5})).p_accept == 0.1


def test_minutes_cost_what_a_minute_costs_now() -> None:
    money = {"minute_price": 0.5, "queue": [{"load": 0.9, "factor": 2}]}
    values = [value_of(an_offer(minutes=3), money=money, queue_load=load) for load in (None, 0.9)]
    assert [value.terms.contact for value in values] == [-1.5, -3.0]


def test_a_discount_takes_its_months_from_the_margin() -> None:
    value = value_of(an_offer(sells=["tv"], discount={"amount": 2, "months": 6}, acceptance={"rate": 0.2}))
    first_half_year = annuity() - annuity(first=7)
    assert value.terms.margin == round(0.2 * (6 * annuity() - 2 * first_half_year), 2)


def test_a_swap_gains_the_difference_of_the_margins() -> None:
    value = value_of(
        an_offer(sells=["mobile-l"], replaces=["mobile-s"], acceptance={"rate": 0.3}), holding="mobile-s"
    )
    assert value.terms.margin == round(0.3 * (14 - 5) * annuity(), 2)


def test_a_bundle_benefit_gained_is_margin_given() -> None:
    catalogue = a_catalogue(
        an_offer(acceptance={"rate": 0.5}), bundles=[a_bundle_benefit("internet", "television", discount=2)]
    )
    assert value_of(catalogue=catalogue).terms.margin == round(0.5 * (6 - 2) * annuity(), 2)


def test_a_bundle_benefit_lost_is_margin_won_back() -> None:
    action = a_save("less", replaces=["tv"], acceptance={"rate": 0.5}, leaves_after=0, allow_worse_off=True)
    catalogue = a_catalogue(action, bundles=[a_bundle_benefit("internet", "television", discount=2)])
    disclosures = [{"id": "worse_off", "text": both("U gaat erop achteruit", "You would be worse off")}]
    value = value_of(catalogue=catalogue, holding=("fiber", "tv"), intent="cancel", disclosures=disclosures)
    assert value.terms.margin == round(0.5 * (-6 + 2) * annuity(), 2)


def test_the_margin_today_counts_every_piece_less_the_bundle_benefit() -> None:
    catalogue = a_catalogue(
        a_save(acceptance={"rate": 0.5}, leaves_after=0),
        bundles=[a_bundle_benefit("internet", "streaming", discount=3)],
    )
    policy = {"leaving": {"leaves_now": 0.4, "fatigue": 1.0}}
    value = value_of(catalogue=catalogue, holding=("fiber", "films", "films"), intent="cancel", **policy)
    assert value.terms.saved == round(0.5 * 0.4 * (20 + 4 + 4 - 3) * annuity(), 2)


def test_the_horizon_and_the_discount_are_the_policys() -> None:
    value = value_of(
        an_offer(acceptance={"rate": 0.5}),
        money={"horizon_months": 1, "yearly_discount": 0, "base_hazard": 0.1},
    )
    assert value.terms.margin == round(0.5 * 6 * 0.9, 2)


def test_the_terms_add_up_to_the_cent() -> None:
    actions = [
        an_offer(f"o{n}", acceptance={"rate": 0.05 + n / 37}, cost=n / 7, minutes=n / 3) for n in range(9)
    ]
    for proposal in priced(*actions, arbitration={"proposals": 10}):
        assert proposal.value is not None
        terms = proposal.value.terms.model_dump().values()
        assert proposal.value.expected == round(sum(terms), 2)


# --- acceptance ------------------------------------------------------------------------------------------------------------


def test_the_average_customer_accepts_at_the_stated_rate() -> None:
    assert value_of(an_offer(acceptance={"rate": 0.2})).p_accept == 0.2


def test_what_sells_nothing_is_accepted_at_the_stated_rate() -> None:
    value = value_of(a_save(acceptance={"rate": 0.3}), intent="cancel")
    assert (value.p_accept, value.terms.organic) == (0.3, 0.0)


@pytest.mark.parametrize(("motive", "p"), [("price", 0.4), ("service", 0.3), (None, 0.3), ("karma", 0.3)])
def test_a_rate_may_be_stated_for_a_motive(motive: str | None, p: float) -> None:
    acceptance = {"rate": 0.3, "by_motive": {"price": 0.4}}
    assert value_of(a_save(acceptance=acceptance), intent="cancel", motive=motive).p_accept == p


@pytest.mark.parametrize(("channel", "p"), [("chat", 0.15), ("voice", 0.3)])
def test_a_rate_may_be_stated_for_a_channel(channel: str, p: float) -> None:
    acceptance = {"rate": 0.3, "by_channel": {"chat": 0.15}}
    assert value_of(a_save(acceptance=acceptance), intent="cancel", channel=channel).p_accept == p


def test_rates_for_motive_and_channel_add_up_on_the_logit() -> None:
    acceptance = {"rate": 0.3, "by_motive": {"price": 0.4}, "by_channel": {"chat": 0.15}}
    value = value_of(a_save(acceptance=acceptance), intent="cancel", motive="price", channel="chat")
    assert value.p_accept == round(chance(odds(0.4) + odds(0.15) - odds(0.3)), 4)


def test_what_outcomes_taught_is_added_on_the_logit() -> None:
    learned = Learned(corrections={"cheaper": Correction(mean=0.5, by_channel={"voice": -0.2})})
    value = value_of(a_save(acceptance={"rate": 0.3}), intent="cancel", learned=learned)
    assert value.p_accept == round(chance(odds(0.3) + 0.3), 4)
    assert value.sources["p"] == "learned"


@pytest.mark.parametrize(("any_in_90_days", "source"), [(0.2, "learned"), (None, "assumed")])
def test_acceptance_of_a_sale_is_learned_only_when_what_is_taken_unasked_is(
    any_in_90_days: float | None, source: str
) -> None:
    learned = Learned(corrections={"sell-tv": Correction(mean=0.5)})
    bundle = a_bundle(a_propensity({"tv": 0.5, "films": 0.5}, any_in_90_days=any_in_90_days))
    sources = value_of(an_offer(), learned=learned, bundle=bundle).sources
    assert (sources["p"], sources["o"]) == (source, source)


def test_what_was_learned_of_another_action_changes_nothing() -> None:
    learned = Learned(corrections={"other": Correction(mean=0.5)})
    value = value_of(a_save(acceptance={"rate": 0.3}), intent="cancel", learned=learned)
    assert (value.p_accept, value.sources["p"]) == (0.3, "assumed")


# --- what is taken unasked ---------------------------------------------------------------------------------------------------


def test_who_takes_it_more_often_than_average_accepts_more_often() -> None:
    model = a_propensity({"tv": 0.6, "films": 0.4}, any_in_90_days=0.5, base={"tv": 0.3, "films": 0.7})
    value = value_of(an_offer(acceptance={"rate": 0.2}), bundle=a_bundle(model))
    assert value.p_accept == round(chance(odds(0.6 * 0.5) + odds(0.2) - odds(0.3 * 0.2)), 4)
    k = annuity(first=3) / annuity()
    assert value.terms.organic == round(-k * 0.6 * 0.5 * 6 * annuity(), 2)
    assert value.sources["o"] == "learned"


@pytest.mark.parametrize(
    ("sold", "given_up", "lifted"), [("mobile-l", "mobile-s", True), ("mobile-s", "mobile-l", False)]
)
def test_a_step_up_is_lifted_by_who_takes_it_unasked_and_a_step_down_is_not(
    sold: str, given_up: str, lifted: bool
) -> None:
    model = a_propensity({sold: 0.1, "films": 0.9}, base={sold: 0.5, "films": 0.5})
    action = an_offer(sells=[sold], replaces=[given_up], acceptance={"rate": 0.42})
    proposals = priced(action, holding=given_up, bundle=a_bundle(model))
    p = 0.42 if not lifted else chance(odds(0.42) + odds(0.2 * 0.1) - odds(0.2 * 0.5))
    assert [proposal.value.p_accept for proposal in proposals if proposal.value] == (
        [round(p, 4)] if lifted else []
    )


def test_a_step_down_as_a_save_is_accepted_at_the_rate_that_was_stated() -> None:
    model = a_propensity({"mobile-s": 0.1, "films": 0.9}, base={"mobile-s": 0.5, "films": 0.5})
    action = a_save(sells=["mobile-s"], replaces=["mobile-l"], acceptance={"rate": 0.42})
    (proposal,) = priced(action, holding=("fiber", "tv", "mobile-l"), bundle=a_bundle(model), intent="cancel")
    assert proposal.value is not None
    assert proposal.value.p_accept == 0.42


def test_without_dates_the_take_rate_of_the_catalogue_is_lifted_and_marked_assumed() -> None:
    model = a_propensity({"tv": 0.6, "films": 0.4}, any_in_90_days=None, base={"tv": 0.3, "films": 0.7})
    value = value_of(an_offer(acceptance={"rate": 0.5}), bundle=a_bundle(model))
    k = annuity(first=3) / annuity()
    assert value.terms.organic == round(-k * 0.01 * 2 * 6 * annuity(), 2)
    assert value.sources["o"] == "assumed"


def test_what_training_never_saw_keeps_its_take_rate() -> None:
    model = a_propensity({"films": 1.0}, any_in_90_days=0.5)
    value = value_of(an_offer(sells=["tv"], acceptance={"rate": 0.2}), bundle=a_bundle(model))
    assert (value.p_accept, value.sources["o"]) == (0.2, "assumed")


def test_an_action_that_sells_several_is_taken_as_seldom_as_the_rarest() -> None:
    model = a_propensity({"tv": 0.8, "films": 0.2}, any_in_90_days=0.5)
    value = value_of(an_offer(sells=["tv", "films"], acceptance={"rate": 0.2}), bundle=a_bundle(model))
    k = annuity(first=3) / annuity()
    assert value.terms.organic == round(-k * 0.2 * 0.5 * 10 * annuity(), 2)


def test_a_holding_gained_in_the_call_changes_the_very_next_answer() -> None:
    model = a_propensity({"fiber": 0.5, "tv": 0.3, "films": 0.2}, any_in_90_days=0.5)
    before, after = (
        value_of(an_offer(acceptance={"rate": 0.2}), bundle=a_bundle(model), holding=held)
        for held in ((), "fiber")
    )
    assert before.p_accept < after.p_accept


def test_a_flag_chooses_which_of_the_two_scores_serves() -> None:
    winner = a_propensity({"tv": 0.9, "films": 0.1}, base={"tv": 0.5, "films": 0.5})
    implicit = a_propensity({"tv": 0.1, "films": 0.9}, base={"tv": 0.5, "films": 0.5})
    bundle = a_bundle(winner, implicit=implicit)
    flagged = [
        value_of(an_offer(), bundle=bundle, flags=Flags(propensity=name)).p_accept
        for name in ("winner", "implicit")
    ]
    assert flagged[0] > 0.2 > flagged[1]


def test_a_vector_of_holdings_is_in_the_order_of_the_model() -> None:
    portfolio = Portfolios(a_catalogue()).of({"tv": 2, "fiber": 1})
    for _ in range(2):
        assert portfolio.vector(("films", "tv", "fiber")).tolist() == [0.0, 1.0, 1.0]


# --- churn -------------------------------------------------------------------------------------------------------------------


def test_without_a_churn_model_the_policys_hazard_counts_and_is_assumed() -> None:
    churn = churn_of(money={"base_hazard": 0.03})
    assert churn == Churn(next_month=0.03, leaves_now=0.0, source="assumed")


def test_with_a_churn_model_the_hazard_is_learned() -> None:
    churn = churn_of(a_bundle(churn=a_churn_model(0.02)))
    assert (round(churn.next_month, 6), churn.source) == (0.02, "learned")


def test_the_coming_month_counts_every_cause() -> None:
    model = replace(a_churn_model(0.02), causes={"non-payment": a_churn_model(0.01)})
    churn = churn_of(a_bundle(churn=model))
    assert churn.next_month == pytest.approx(1 - 0.98 * 0.99)


def test_a_holding_that_binds_is_a_driver() -> None:
    churn = churn_of(a_bundle(churn=a_churn_model(0.02, tv=-1.0)), a_customer(holding="tv"))
    lower = chance(odds(0.02) - 1)
    assert churn.drivers == (Driver(fact="tv", effect=round(lower - 0.02, 6)),)


def test_the_three_strongest_drivers_are_shown() -> None:
    churn = churn_of(
        a_bundle(churn=a_churn_model(0.02, tv=0.1, fiber=0.4, films=0.3, dsl=0.2)),
        a_customer(holding=("tv", "fiber", "films", "dsl")),
    )
    assert [driver.fact for driver in churn.drivers] == ["fiber", "films", "dsl"]


def test_the_hazard_rolls_with_the_clock() -> None:
    model = ChurnModel(
        products=(),
        encoder=Encoder((Numeric("left", (0.0, 1.0)),)),
        intercept=odds(0.02),
        effects=np.array([2.0, 0.0, 0.0]),
        unseen=np.zeros(1),
        product_effects=np.zeros(0),
        product_shares=np.zeros(0),
    )
    facts = {"left": {"type": "integer", "clock": -1}}
    value = value_of(
        an_offer(acceptance={"rate": 0.5}),
        bundle=a_bundle(a_propensity({"films": 1.0}), churn=model),
        customer=a_customer(left=1),
        facts=facts,
        money={"horizon_months": 2, "yearly_discount": 0, "organic_delay_months": 0},
    )
    first = 1 - 0.02
    second = first * (1 - chance(odds(0.02) + 2))
    assert value.terms.margin == round(0.5 * 6 * (first + second), 2)


# --- the wish to leave ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("motive", "chance_now"), [("price", 0.6), ("service", 0.45), (None, 0.45), ("karma", 0.45)]
)
def test_the_chance_of_leaving_now_depends_on_the_motive(motive: str | None, chance_now: float) -> None:
    leaving = {"motives": ["price", "service"], "by_motive": {"price": 0.6}}
    assert churn_of(intent="cancel", motive=motive, leaving=leaving).leaves_now == chance_now


def test_without_a_wish_to_leave_nobody_leaves_now() -> None:
    assert churn_of(motive="price").leaves_now == 0.0


def test_every_save_refused_tires() -> None:
    happened = a_history(an_outcome("declined", action="a"), an_outcome("spoken", action="b"))
    assert round(churn_of(intent="cancel", history=happened).leaves_now, 6) == round(0.45 * 1.1**2, 6)


def test_a_save_is_worth_whom_it_keeps() -> None:
    value = value_of(a_save(acceptance={"rate": 0.42}, minutes=4), intent="cancel")
    V0 = 20 * annuity()
    q0, q1, rho = 0.45, 0.45 * 1.1, 0.08
    assert value.terms.saved == round((0.42 * (q0 - rho) + 0.58 * (q0 - q1)) * V0, 2)
    assert value.terms.contact == -1.8


def test_a_refused_offer_is_no_refused_save() -> None:
    value = value_of(an_offer(sells=["tv"], acceptance={"rate": 0.42}), intent="cancel", modes=SELLS)
    assert value.terms is not None
    assert value.terms.saved == round(0.42 * (0.45 - 0.08) * 20 * annuity(), 2)


def test_an_action_may_state_how_many_leave_after_accepting() -> None:
    value = value_of(a_save(acceptance={"rate": 0.5}, leaves_after=0.2), intent="cancel")
    assert value.terms.saved == round((0.5 * (0.45 - 0.2) + 0.5 * (0.45 - 0.495)) * 20 * annuity(), 2)


def test_the_first_example_of_the_answer_comes_out_to_the_cent() -> None:
    action = a_save("right-size", discount={"amount": 6, "months": 36}, minutes=4, acceptance={"rate": 0.42})
    value = value_of(action, intent="cancel", money={"base_hazard": 0.02}, leaving={"fatigue": 1.0})
    assert value.terms.model_dump() == {
        "saved": 69.35,
        "margin": -51.73,
        "lock_in": 0.0,
        "organic": 0.0,
        "cost": 0.0,
        "contact": -1.8,
    }
    assert value.expected == 15.82


# --- lock-in ---------------------------------------------------------------------------------------------------------------------


def locked(grade: Any) -> Value:
    effect = Effect("tv", hazard_ratio=0.8, low=0.7, high=0.9, grade=grade)
    bundle = a_bundle(a_propensity({"films": 1.0}), effects=[effect])
    return value_of(an_offer(acceptance={"rate": 0.5}), bundle=bundle)


def test_evidenced_lock_in_prolongs_the_old_margin() -> None:
    value = locked("B")
    assert value.terms.lock_in == round(0.5 * 20 * (annuity(0.015 * 0.8) - annuity()), 2)
    assert value.terms.margin == round(0.5 * 6 * annuity(0.015 * 0.8), 2)
    assert value.sources["hazard_ratio"] == "estimated"


def test_lock_in_acts_on_leaving_by_himself_and_not_on_other_causes() -> None:
    churn = replace(a_churn_model(0.02, films=0.0), causes={"non-payment": a_churn_model(0.01, films=0.0)})
    effect = Effect("tv", hazard_ratio=0.8, low=0.7, high=0.9, grade="B")
    bundle = a_bundle(a_propensity({"films": 1.0}), churn=churn, effects=[effect])
    value = value_of(an_offer(acceptance={"rate": 0.5}), bundle=bundle)
    now, then = (annuity(1 - (1 - 0.02 * ratio) * (1 - 0.01)) for ratio in (1.0, 0.8))
    assert value.terms.lock_in == round(0.5 * 20 * (then - now), 2)
    assert value.terms.margin == round(0.5 * 6 * then, 2)


def test_lock_in_without_evidence_counts_as_nothing() -> None:
    value = locked("C")
    assert (value.terms.lock_in, value.sources["hazard_ratio"]) == (0.0, "assumed")


# --- sources -----------------------------------------------------------------------------------------------------------------------


def test_without_a_bundle_every_figure_is_assumed() -> None:
    assert value_of(an_offer()).sources == dict.fromkeys(
        ("p", "o", "k", "q0", "rho", "churn", "hazard_ratio"), "assumed"
    )


def test_with_a_churn_model_the_curve_and_the_delay_are_learned() -> None:
    sources = value_of(an_offer(), bundle=a_bundle(churn=a_churn_model())).sources
    assert (sources["churn"], sources["k"], sources["q0"]) == ("learned", "learned", "assumed")


def test_what_sells_nothing_has_nothing_taken_unasked() -> None:
    sources = value_of(a_save(), bundle=a_bundle(), intent="cancel").sources
    assert sources["o"] == "assumed"


def test_prices_are_in_the_currency_of_the_catalogue() -> None:
    assert value_of(catalogue=a_catalogue(an_offer(), currency="SEK")).currency == "SEK"


# --- who leaves now, learned --------------------------------------------------------------------------------------------------

SAVING = a_saving()
LEAVES = SAVING.serving([Accepting("stay", "save", 0.08)])


def test_learned_chances_to_leave_stand_for_the_policys() -> None:
    value = value_of(
        a_save("stay", acceptance={"rate": 0.42}), intent="cancel", bundle=a_bundle(saving=SAVING)
    )
    q0, q1, rho = LEAVES.leaves(Motive(), {WISHES: 0, SAVES_ACCEPTED: 0})
    saved = (0.42 * (q0 - rho[0]) + 0.58 * (q0 - q1)) * 20 * annuity()
    assert value.terms.saved == pytest.approx(saved, abs=0.006)
    assert value.sources["q0"] == "learned"
    assert value.sources["rho"] == "learned"


def test_a_refused_offer_is_no_refused_save_where_that_is_learned() -> None:
    sell = an_offer(sells=["tv"], acceptance={"rate": 0.42})
    value = value_of(sell, intent="cancel", bundle=a_bundle(saving=SAVING), modes=SELLS)
    assert value.terms is not None
    serving = SAVING.serving([Accepting(sell["id"], "offer", 0.08)])
    q0, _, rho = serving.leaves(Motive(), {WISHES: 0, SAVES_ACCEPTED: 0})
    assert value.terms.saved == pytest.approx(value.p_accept * (q0 - rho[0]) * 20 * annuity(), abs=0.02)


def test_fatigue_weighs_what_is_refused_after_the_first() -> None:
    refused = a_history(an_outcome("declined", action="first", days_ago=1))
    saves = [a_save(name, acceptance={"rate": 0.42}) for name in ("first", "stay")]
    knowledge = {"bundle": a_bundle(saving=SAVING), "leaving": {"fatigue": 1.3}}
    (value,) = [
        proposal.value
        for proposal in priced(*saves, intent="cancel", history=refused, **knowledge)
        if proposal.action_id == "stay"
    ]
    assert value is not None
    assert value.terms is not None
    _, q1, rho = LEAVES.leaves(Motive(), {WISHES: 0, SAVES_ACCEPTED: 0})
    saved = (0.42 * (q1 - rho[0]) + 0.58 * (q1 - min(1.0, 1.3 * q1))) * 20 * annuity()
    assert value.terms.saved == pytest.approx(saved, abs=0.006)


def test_without_a_wish_to_leave_nothing_is_asked_of_it() -> None:
    with_it = value_of(an_offer(acceptance={"rate": 0.3}), bundle=a_bundle(saving=SAVING))
    assert with_it.terms == value_of(an_offer(acceptance={"rate": 0.3}), bundle=a_bundle()).terms
