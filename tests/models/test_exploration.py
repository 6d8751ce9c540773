"""Chance has a say in what stands first, in nothing else, and how likely that was is known exactly."""

from __future__ import annotations

import math
from collections import Counter
from hashlib import shake_128
from statistics import NormalDist
from typing import Any

import pytest
from scipy.stats import chisquare

from models.accepting import Acceptances
from models.arbitration import Candidates, arbitrate
from models.decision import candidates
from models.documents import DocumentError
from models.domain import Customer, Flags, History
from models.exploration import Exploring, seeds_of
from models.journal import DecisionRecord, replay
from models.knowledge import Knowledge
from models.response import Decision, Seeds
from tests.builders import (
    CANCEL,
    NOW,
    a_bundle,
    a_contact,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_policy,
    a_process,
    a_request,
    a_save,
    an_action,
    an_event,
    an_offer,
    an_outcome,
    proposed,
    some_knowledge,
    veto_of,
)

EXPLORE = {
    "rate": 0.2,
    "euros_a_day": 100,
    "never": "has(customer.vulnerable) && customer.vulnerable || history.open_complaints > 0",
    "within_euros": 1000,
}
FACTS = {"vulnerable": {"type": "boolean", "rules_only": True}, "size": {"type": "integer"}}
MODES = [
    a_mode("save", when="contact.leaving", kinds=["save", "process"]),
    a_mode("grow", kinds=["offer", "service", "process", "question"]),
]
FIBER = a_customer(holding="fiber")
OFFERS = [an_offer(name, acceptance={"rate": rate}) for name, rate in (("a", 0.30), ("b", 0.28), ("c", 0.22))]
SAVES = [a_save(name, acceptance={"rate": rate}) for name, rate in (("x", 0.40), ("y", 0.38), ("z", 0.35))]
ALL = (*OFFERS, *SAVES, CANCEL)


def knowing(*actions: dict[str, Any], learned: bool = True, **given: Any) -> Knowledge:
    explore = {**EXPLORE, **given.pop("explore", {})}
    policy = {"modes": MODES, "facts": FACTS, "arbitration": {"explore": explore}, **given}
    bundle = a_bundle(acceptance=Acceptances(prior=0.5)) if learned else None
    return some_knowledge(*(actions or ALL), bundle=bundle, **policy)


def answer(knowledge: Knowledge, contact_id: str = "K-1", **given: Any) -> Decision:
    known = {"customer": FIBER, "explore": 0.2, **given}
    return a_decision(knowledge, contact_id=contact_id, **known)


def explored(knowledge: Knowledge, **given: Any) -> Decision:
    """The first contact in which another than the best stands first."""
    made = (answer(knowledge, f"K-{n}", **given) for n in range(200))
    return next(decision for decision in made if decision.selection.explored)


def asked(knowledge: Knowledge, contact_id: str = "K-1", rate: float = 0.2, **contact: Any) -> Candidates:
    request = a_request(contact=a_contact(contact_id=contact_id, **contact))
    return candidates(request, FIBER, History(), knowledge, now=NOW, explore=rate)


def chances(decision: Decision) -> dict[str, float]:
    return {one.action_id: one.probability for one in decision.selection.candidates}


# --- the chances are exact -----------------------------------------------------------------------------------------------


def by_hand(among: Candidates, seed: int, rate: float) -> dict[str, float]:
    """Of offers in order: how often each is best in 256 draws of whether it is accepted, one after the other."""
    priced, actions = among.priced, among.catalogue.actions
    assert priced is not None
    normal, wins = NormalDist(), Counter[str]()
    for draw in range(256):
        worth = {}
        for place, row in enumerate(priced.index):
            name = actions[row].id
            told = shake_128(f"{seed} {name}".encode()).digest(2 * 3 * 256)
            number = int.from_bytes(told[2 * draw : 2 * draw + 2], "little") // 16
            p = float(priced.options.p[place])
            logit = math.log(p / (1 - p)) + 0.5 * normal.inv_cdf((number + 0.5) / 4096)
            p = 1 / (1 + math.exp(-logit))
            o, talk = float(priced.options.organic[place]), float(priced.options.contact_cost[place])
            rise = float(priced.priced.V1[place]) - priced.priced.V0
            worth[name] = (p - o * priced.priced.k) * rise - talk
        wins[max(worth, key=worth.__getitem__)] += 1
    return {actions[row].id: (1 - rate) * wins[actions[row].id] / 256 + rate / 3 for row in priced.index}


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.0])
def test_the_stored_chances_are_those_of_draws_counted_by_hand(rate: float) -> None:
    knowledge = knowing()
    for contact_id in ("K-1", "K-2", "K-3"):
        decision = answer(knowledge, contact_id, explore=rate)
        seeds = decision.selection.seeds
        assert seeds is not None
        found = by_hand(asked(knowledge, contact_id, rate), seeds.values, rate)
        assert chances(decision) == pytest.approx(found, abs=1e-12)
        assert sum(chances(decision).values()) == pytest.approx(1.0, abs=1e-12)
        assert decision.selection.probability == chances(decision)[decision.proposals[0].action_id]


def chosen(among: Candidates, times: int) -> Counter[str]:
    """What stands first over so many second seeds."""
    exploring = among.exploring
    assert exploring is not None
    known: dict[tuple[int, ...], Any] = {}

    def draws(rows: Any) -> Any:
        if tuple(rows) not in known:
            known[tuple(rows)] = exploring.draws(rows)
        return known[tuple(rows)]

    found: Counter[str] = Counter()
    for n in range(times):
        seeds = Seeds.model_construct(values=exploring.seeds.values, choice=n)
        placed = arbitrate(
            among._replace(exploring=Exploring(exploring.rate, exploring.limits, seeds, draws))
        )
        found[among.catalogue.actions[placed.ranked[0]].id] += 1
    return found


def test_what_stands_first_is_as_frequent_as_the_stored_chances_say() -> None:
    knowledge, contacts, times = knowing(), 20, 1_500
    for contact in range(contacts):
        contact_id = f"K-{contact}"
        leaving = {} if contact % 2 else {"intent": "cancel"}
        said = chances(answer(knowledge, contact_id, **leaving))
        found = chosen(asked(knowledge, contact_id, **leaving), times)
        assert set(found) <= set(said)
        expected = [probability * times for probability in said.values()]
        assert min(expected) >= 5
        assert chisquare([found[name] for name in said], expected).pvalue > 0.01 / contacts


def test_the_two_seeds_of_a_contact_tell_nothing_of_each_other_nor_of_the_next_contact() -> None:
    seeds = [seeds_of("C-1", f"K-{n}") for n in range(100)] + [seeds_of("C-2", "K-1")]
    numbers = [number for seed in seeds for number in (seed.values, seed.choice)]
    assert len(set(numbers)) == len(numbers)
    assert seeds_of("C-1", "K-1") == seeds[1]
    assert (seeds[1].values, seeds[1].choice) == (166689400069097, 90042946269828)


# --- who is among them ---------------------------------------------------------------------------------------------------


def test_only_those_near_the_best_are_drawn_from() -> None:
    best = answer(knowing(explore={"within_euros": 0, "within_share": 0})).selection
    assert (best.probability, best.explored, best.candidates, best.seeds) == (1.0, False, (), None)
    assert list(chances(answer(knowing(explore={"within_euros": 0, "within_share": 0.1})))) == ["a", "b"]
    assert list(chances(answer(knowing()))) == ["a", "b", "c"]


def test_of_many_near_the_best_so_many_are_drawn_from() -> None:
    assert list(chances(answer(knowing(explore={"candidates": 2})))) == ["a", "b"]


def test_what_is_worth_nothing_is_never_first() -> None:
    dear = an_offer("dear", cost=500)
    assert "dear" not in chances(answer(knowing(*OFFERS, dear)))


def test_where_nothing_was_learned_of_accepting_only_the_even_share_explores() -> None:
    decision = answer(knowing(learned=False), explore=0.3)
    assert chances(decision) == pytest.approx({"a": 0.8, "b": 0.1, "c": 0.1})


def test_a_lever_moves_the_chances_as_it_moves_the_order() -> None:
    lever = {
        "id": "l",
        "for": {"actions": ["c"]},
        "factor": 2,
        "owner": "o",
        "until": "2099-01-01",
        "reason": "r",
    }
    plain, levered = (chances(answer(knowing(levers=levers))) for levers in ([], [lever]))
    assert list(levered) == ["c", "a", "b"]
    assert levered["c"] > 2 * plain["c"]


def test_what_a_lever_kept_out_says_so_also_behind_what_chance_put_first() -> None:
    lever = {
        "id": "l",
        "for": {"actions": ["c"]},
        "factor": 2,
        "owner": "o",
        "until": "2099-01-01",
        "reason": "r",
    }
    knowledge = knowing(
        *OFFERS, levers=[lever], arbitration={"proposals": 2, "explore": {**EXPLORE, "candidates": 2}}
    )
    decision = explored(knowledge)
    assert proposed(decision) == ["a", "c"]
    assert veto_of(decision, "b").rule == "behind_a_lever"


# --- what stands behind it -----------------------------------------------------------------------------------------------


def test_behind_the_first_stand_the_best_of_the_rest() -> None:
    knowledge = knowing()
    for n in range(40):
        decision = answer(knowledge, f"K-{n}")
        first, *rest = proposed(decision)
        assert rest == [name for name in ("a", "b", "c") if name != first]
        assert decision.selection.explored is (first != "a")


def test_what_is_given_up_is_the_expected_worth_between_the_two() -> None:
    decision = explored(knowing())
    worth = {one.action_id: one.value.expected for one in decision.proposals if one.value is not None}
    first = decision.proposals[0].action_id
    assert decision.selection.given_up == pytest.approx(worth["a"] - worth[first], abs=0.011)
    assert answer(knowing(), "K-1", explore=0.0).selection.given_up == 0.0


def test_a_family_that_is_full_gives_way_to_the_one_that_was_drawn() -> None:
    family = [{**offer, "family": "one"} for offer in OFFERS]
    decision = explored(knowing(*family))
    assert len(proposed(decision)) == 1
    assert veto_of(decision, "a").rule == "family_already_proposed"


def test_on_the_ladder_the_second_is_what_is_best_after_the_first() -> None:
    knowledge = knowing()
    for n in range(40):
        decision = answer(knowledge, f"K-{n}", intent="cancel")
        first, way_out, second = proposed(decision)
        assert way_out == "cancel"
        assert set(chances(decision)) == {"x", "y", "z"}
        refused = a_history(
            an_outcome("spoken", action=first, days_ago=0.01),
            an_outcome("declined", action=first, days_ago=0.01),
        )
        after = a_decision(knowledge, customer=FIBER, history=refused, intent="cancel")
        assert proposed(after)[0] == second


def test_who_sees_all_that_is_proposed_sees_one_save_whichever_was_drawn() -> None:
    knowledge = knowing()
    firsts = {tuple(proposed(answer(knowledge, f"K-{n}", intent="cancel", channel="web"))) for n in range(60)}
    assert {first for first, _ in firsts} == {"x", "y", "z"}


# --- never ---------------------------------------------------------------------------------------------------------------

VULNERABLE = Customer(customer_id="C-1", holdings=FIBER.holdings, facts={"vulnerable": True})
OBJECTS = Customer(customer_id="C-1", holdings=FIBER.holdings, consents={"profiling": False})
EMERGENCY = an_offer("urgent", emergency=True)


@pytest.mark.parametrize(
    ("actions", "given"),
    [
        (ALL, {"explore": 0.0}),
        (ALL, {"customer": VULNERABLE}),
        (ALL, {"customer": OBJECTS}),
        (ALL, {"history": a_history(an_event("complaint_opened"))}),
        ((*ALL, an_action("mend", "service")), {}),
        ((CANCEL,), {"intent": "cancel"}),
        ((*OFFERS[:1], CANCEL), {}),
    ],
    ids=["off", "vulnerable", "objector", "complaint", "repair", "way out", "no rival"],
)
def test_chance_has_no_say(actions: Any, given: dict[str, Any]) -> None:
    modes = [MODES[0], a_mode("grow", kinds=["service", "offer"])]
    knowledge = knowing(*actions, modes=modes)
    without = knowing(*actions, modes=modes, arbitration={})
    for n in range(20):
        decision = answer(knowledge, f"K-{n}", **given)
        selection = decision.selection
        assert (selection.probability, selection.explored, selection.candidates) == (1.0, False, ())
        assert selection.rate == given.get("explore", 0.2)
        assert decision.proposals == answer(without, f"K-{n}", **given).proposals


@pytest.mark.parametrize("share", ["universal", "random"])
def test_who_is_left_out_to_measure_is_not_explored_on(share: str) -> None:
    holdout = {"universal": 0.0, "random": 0.0, "salt": "s", share: 0.5}
    knowledge = knowing(experiments={"never": "false", "holdout": holdout})
    for n in range(40):
        customer = Customer(customer_id=f"C-{n}", holdings=FIBER.holdings)
        request = a_request(customer_id=f"C-{n}")
        decision = answer(knowledge, customer=customer, request=request)
        held = decision.experiment.holdout is not False
        assert (decision.selection.rate == 0.0) is held
        assert (decision.selection.seeds is None) is held
        record = DecisionRecord(request=request, customer=customer, history=History(), decision=decision)
        assert replay(record, knowledge) == decision


def test_nobody_is_explored_on_of_whom_no_experiment_is_made() -> None:
    knowledge = knowing(
        explore={"never": "false"}, experiments={"never": "has(customer.vulnerable) && customer.vulnerable"}
    )
    assert answer(knowledge).selection.candidates
    assert not answer(knowledge, customer=VULNERABLE).selection.candidates


def test_a_flag_stands_for_the_policys_rate_and_for_nothing_else_it_says() -> None:
    knowledge = knowing()
    assert knowledge.explore_rate == 0.2
    assert knowledge.with_(flags=Flags(explore=0.05)).explore_rate == 0.05
    assert knowledge.with_(flags=Flags(explore=0.0)).explore_rate == 0.0
    assert knowing(arbitration={}).with_(flags=Flags(explore=0.5)).explore_rate == 0.0


def test_a_ladder_by_what_is_given_away_is_not_shuffled_by_worth() -> None:
    knowledge = knowing()
    assert answer(knowledge, intent="cancel").selection.candidates
    by_price = knowledge.with_(flags=Flags(ladder="cheap-first"))
    assert not answer(by_price, intent="cancel").selection.candidates
    assert answer(by_price).selection.candidates


def test_a_policy_that_does_not_speak_of_it_is_never_explored_whatever_the_rate() -> None:
    assert answer(knowing(arbitration={})).selection.candidates == ()


def test_a_fact_that_the_condition_misses_leaves_the_customer_alone_and_is_named() -> None:
    decision = answer(knowing(explore={"never": "customer.size > 3"}))
    assert decision.selection.candidates == ()
    assert "missing:customer.size" in decision.degraded


def test_a_save_that_was_shown_waits_for_its_answer() -> None:
    knowledge = knowing()
    shown = a_history(an_outcome("shown", action="z", days_ago=0.01, contact_id="K-1", channel="web"))
    decision = answer(knowledge, intent="cancel", channel="web", history=shown)
    assert (proposed(decision)[0], decision.selection.candidates) == ("z", ())


def test_an_unsure_talk_to_a_quiet_customer_is_never_first() -> None:
    modes = [a_mode("grow", kinds=["offer"])]
    talks = [{**offer, "purpose": "retention", "minutes": 60.0} for offer in OFFERS]
    unsure = {**talks[0], "id": "unsure", "family": "unsure"}
    knowledge = knowing(*OFFERS[:2], unsure, modes=modes, arbitration={"explore": EXPLORE, "sure": 0.99})
    decision = answer(knowledge)
    assert veto_of(decision, "unsure").rule == "not_surely_worth_it"
    assert set(chances(decision)) == {"a", "b"}


# --- again ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", [None, "cancel"])
def test_a_decision_comes_out_again_from_its_record(intent: str | None) -> None:
    knowledge = knowing()
    decision = explored(knowledge, intent=intent)
    request = a_request(contact=a_contact(contact_id=decision.contact_id, intent=intent))
    record = DecisionRecord(request=request, customer=FIBER, history=History(), decision=decision)
    assert replay(record, knowledge) == decision
    assert replay(DecisionRecord.model_validate_json(record.model_dump_json()), knowledge) == decision


def test_a_decision_over_the_cap_comes_out_again_unexplored() -> None:
    knowledge = knowing()
    decision = answer(knowledge, explore=0.0)
    record = DecisionRecord(request=a_request(), customer=FIBER, history=History(), decision=decision)
    assert replay(record, knowledge) == decision


def test_whoever_drops_out_changes_nothing_between_the_others() -> None:
    knowledge = knowing(learned=False)
    without = {name: knowing(*[o for o in OFFERS if o["id"] != name], learned=False) for name in ("b", "c")}
    for n in range(60):
        first = proposed(answer(knowledge, f"K-{n}", explore=1.0))[0]
        for name, fewer in without.items():
            if name != first:
                assert proposed(answer(fewer, f"K-{n}", explore=1.0))[0] == first


# --- what is said of it --------------------------------------------------------------------------------------------------


def test_the_agent_reads_in_full_detail_that_chance_put_it_first() -> None:
    knowledge = knowing()
    decision = explored(knowledge)
    assert "explored" in [reason.code for reason in decision.proposals[0].why]
    assert all("explored" not in [reason.code for reason in one.why] for one in decision.proposals[1:])
    short = a_request(contact=a_contact(contact_id=decision.contact_id), detail="short")
    brief = answer(knowledge, request=short)
    assert brief.selection == decision.selection
    assert "explored" not in [reason.code for reason in brief.proposals[0].why]


# --- the policy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("explore", "told"),
    [
        ({"never": "customer.sise > 3"}, "customer.sise"),
        ({"never": "action.cost > 3"}, "names 'action'"),
        ({"rate": 2}, "less than or equal to 1"),
        ({"candidates": 21}, "less than or equal to 20"),
        ({"euros": 3}, "euros"),
    ],
)
def test_what_is_wrong_in_the_policy_is_told(explore: dict[str, Any], told: str) -> None:
    with pytest.raises(DocumentError, match="explore") as found:
        knowing(explore=explore)
    assert told in str(found.value)


def test_a_policy_that_explores_must_say_at_what_cost_and_when_not() -> None:
    with pytest.raises(DocumentError) as found:
        a_policy(arbitration={"explore": {"rate": 0.1}})
    assert "euros_a_day" in str(found.value)
    assert "never" in str(found.value)


def test_the_rate_is_the_policys() -> None:
    assert knowing().explore_rate == 0.2
    assert some_knowledge(a_process()).explore_rate == 0.0
