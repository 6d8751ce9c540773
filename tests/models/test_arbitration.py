"""Which eligible actions are proposed, in what order, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arbitration import Candidates, Placed, arbitrate
from models.domain import Channel, Customer, Speaker
from models.ladder import Saves, ladder
from models.levers import Levers
from models.pricing import Forecast, PricedActions
from models.response import Churn, Decision, LeverUse
from models.value import Options, Outlook, Priced
from tests.builders import (
    CANCEL,
    NOW,
    a_catalogue,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_policy,
    a_process,
    a_request,
    a_save,
    an_action,
    an_offer,
    an_outcome,
    proposed,
    some_knowledge,
    veto_of,
    vetoed,
)

OBJECTS = Customer(
    customer_id="C-1", holdings=a_customer(holding="fiber").holdings, consents={"profiling": False}
)


def decided(
    *actions: Any, holding: Any = "fiber", customer: Any = None, history: Any = None, **given: Any
) -> Decision:
    contact = {key: given.pop(key) for key in ("intent", "motive", "channel", "speaker") if key in given}
    return a_decision(
        some_knowledge(*actions, **given),
        customer=customer or a_customer(holding=holding),
        history=history,
        **contact,
    )


def leaving(*actions: Any, **given: Any) -> Decision:
    return decided(*actions, intent="cancel", **given)


# --- offers --------------------------------------------------------------------------------------------------------------


def test_offers_stand_by_what_they_are_worth() -> None:
    offers = [
        an_offer(name, acceptance={"rate": rate}) for name, rate in (("a", 0.1), ("b", 0.3), ("c", 0.2))
    ]
    assert proposed(decided(*offers)) == ["b", "c", "a"]


def test_offers_worth_the_same_stand_by_name() -> None:
    assert proposed(decided(an_offer("b"), an_offer("a"))) == ["a", "b"]


def test_doing_nothing_may_win() -> None:
    decision = decided(an_offer("dear", cost=500))
    assert (decision.proposals, vetoed(decision)) == ((), {"dear": "worth_less_than_nothing"})


def test_what_is_worth_less_than_nothing_says_how_much() -> None:
    veto = veto_of(decided(an_offer("dear", cost=500)), "dear")
    assert (veto.tier, veto.text) == ("arbitration", "Levert minder op dan niets doen")
    assert veto.values["expected"] == pytest.approx(-72, abs=1)


def test_with_nothing_to_choose_from_nothing_is_proposed() -> None:
    decision = decided()
    assert (proposed(decision), vetoed(decision)) == ([], {})


def test_there_are_no_more_proposals_than_the_policy_asks_for() -> None:
    decision = decided(*[an_offer(name) for name in "abc"], arbitration={"proposals": 2})
    assert (proposed(decision), vetoed(decision)) == (["a", "b"], {"c": "not_among_the_best"})


def test_of_one_family_one_offer_stands() -> None:
    decision = decided(
        an_offer("a", family="f", acceptance={"rate": 0.1}),
        an_offer("b", family="f", acceptance={"rate": 0.2}),
    )
    assert (proposed(decision), vetoed(decision)) == (["b"], {"a": "family_already_proposed"})


def test_a_policy_may_let_more_of_one_family_stand() -> None:
    offers = [an_offer(name, family="f") for name in "abc"]
    assert proposed(decided(*offers, arbitration={"per_family": 2})) == ["a", "b"]


def test_a_family_full_makes_room_for_the_next() -> None:
    offers = [an_offer("a", family="f"), an_offer("b", family="f"), an_offer("c")]
    assert proposed(decided(*offers, arbitration={"proposals": 2})) == ["a", "c"]


def test_processes_of_one_family_may_stand_together() -> None:
    assert proposed(decided(a_process("a", family="f"), a_process("b", family="f"))) == ["a", "b"]


# --- everything else stands where the mode puts it -------------------------------------------------------------------------


def test_kinds_stand_in_the_order_of_the_mode() -> None:
    actions = [an_offer("o"), a_process("p"), an_action("s", "service"), an_action("q", "question")]
    modes = [a_mode("m", kinds=["service", "offer", "question", "process"])]
    assert proposed(decided(*actions, modes=modes, arbitration={"proposals": 9})) == ["s", "o", "q", "p"]


def test_what_was_admitted_stands_behind_the_modes_own_kinds() -> None:
    modes = [a_mode("m", kinds=["process"], also=[{"kinds": ["service"]}])]
    assert proposed(decided(an_action("s", "service"), a_process("p"), modes=modes)) == ["p", "s"]


def test_what_has_no_euro_value_stands_by_priority_and_then_by_name() -> None:
    actions = [a_process("c", priority=5), a_process("b"), a_process("a"), a_process("d", priority=1)]
    assert proposed(decided(*actions, arbitration={"proposals": 4})) == ["d", "c", "a", "b"]


def test_what_has_no_euro_value_shows_none() -> None:
    (proposal,) = decided(a_process("p")).proposals
    assert proposal.value is None


def test_what_has_no_euro_value_and_does_not_stand_shows_its_priority() -> None:
    decision = decided(a_process("a"), a_process("b", priority=200), arbitration={"proposals": 1})
    assert veto_of(decision, "b").values == {"priority": 200}


# --- saves -------------------------------------------------------------------------------------------------------------------


def test_saves_stand_in_the_order_of_the_ladder() -> None:
    """The cheaper within a euro first, though the other is worth more."""
    saves = [
        a_save("generous", cost=20, acceptance={"rate": 0.52}),
        a_save("attention", cost=0, acceptance={"rate": 0.46}),
    ]
    decision = leaving(*saves)
    worth = {proposal.action_id: proposal.value.expected for proposal in decision.proposals if proposal.value}
    assert proposed(decision) == ["attention", "generous"]
    V0 = 20 * sum(0.985**t * 1.1 ** (-t / 12) for t in range(1, 37))
    plan = ladder(
        Saves(
            alpha=[0.52, 0.46],
            rho=[0.08, 0.08],
            V1=[V0, V0],
            cost=[20.0, 0.0],
            contact_cost=[0.0, 0.0],
        ),
        V0=V0,
        q0=0.45,
        fatigue=1.1,
    )
    assert [("generous", "attention")[place] for place in plan.order] == proposed(decision)
    assert worth.keys() == {"generous", "attention"}


def test_there_are_two_rounds_of_saves() -> None:
    decision = leaving(*[a_save(name) for name in "abc"], arbitration={"proposals": 9})
    assert (proposed(decision), vetoed(decision)) == (["a", "b"], {"c": "not_on_the_ladder"})


@pytest.mark.parametrize("channel", get_args(Channel))
@pytest.mark.parametrize("speaker", [None, *get_args(Speaker)])
@pytest.mark.parametrize("customer", [a_customer(holding="fiber"), OBJECTS], ids=["priced", "objects"])
def test_what_the_customer_himself_sees_holds_one_save_at_a_time(
    channel: str, speaker: str | None, customer: Customer
) -> None:
    saves = [a_save(name) for name in "abc"]
    decision = leaving(*saves, CANCEL, channel=channel, speaker=speaker, customer=customer)
    said_by_an_agent = channel in {"voice", "shop"} and speaker != "bot"
    assert proposed(decision) == (["a", "cancel", "b"] if said_by_an_agent else ["a", "cancel"])
    assert [veto_of(decision, name).rule for name in ("b", "c") if name not in proposed(decision)] == (
        ["not_on_the_ladder"] * (1 if said_by_an_agent else 2)
    )


def test_after_a_refusal_the_customer_sees_what_stood_second() -> None:
    told = {"channel": "chat", "history": a_history(an_outcome("declined", action="a", channel="chat"))}
    assert proposed(leaving(*[a_save(name) for name in "abc"], **told)) == ["b"]


def test_one_save_at_a_time_also_where_nobody_leaves() -> None:
    told = {"modes": [a_mode("m", kinds=["save"])], "customer": OBJECTS}
    assert proposed(decided(a_save("a"), a_save("b"), channel="voice", **told)) == ["a", "b"]
    assert proposed(decided(a_save("a"), a_save("b"), channel="web", **told)) == ["a"]


def test_one_save_refused_leaves_one_round() -> None:
    decision = leaving(
        *[a_save(name) for name in "abc"], history=a_history(an_outcome("declined", action="a"))
    )
    assert (proposed(decision), vetoed(decision)) == (
        ["b"],
        {"a": "already_refused", "c": "not_on_the_ladder"},
    )


def test_two_saves_refused_leave_none() -> None:
    refused = a_history(an_outcome("declined", action="a"), an_outcome("spoken", action="b"))
    assert proposed(leaving(*[a_save(name) for name in "abc"], history=refused)) == []


def test_a_policy_may_allow_fewer_rounds() -> None:
    assert proposed(leaving(a_save("a"), a_save("b"), leaving={"rounds": 1})) == ["a"]


def test_only_the_four_best_saves_climb_the_ladder() -> None:
    saves = [a_save(name, acceptance={"rate": 0.1 + n / 10}) for n, name in enumerate("abcdef")]
    decision = leaving(*saves, arbitration={"proposals": 9})
    assert proposed(decision) == ["f", "e"]
    assert {veto_of(decision, name).rule for name in "abcd"} == {"not_on_the_ladder"}


def test_a_save_not_worth_its_talk_is_not_made() -> None:
    decision = leaving(a_save("dear", minutes=400), holding="tv")
    assert (proposed(decision), vetoed(decision)) == ([], {"dear": "not_on_the_ladder"})


def test_without_a_save_to_make_what_else_the_mode_knows_stands() -> None:
    assert proposed(leaving(an_offer("o"), modes=[a_mode("m", kinds=["save", "offer"])])) == ["o"]


def test_saves_of_one_family_are_steps_of_one_conversation() -> None:
    assert proposed(leaving(a_save("a", family="f"), a_save("b", family="f"))) == ["a", "b"]


def test_saves_without_a_wish_to_leave_stand_by_worth() -> None:
    modes = [a_mode("m", kinds=["save"])]
    saves = [a_save("a", sells=["tv"]), a_save("b", sells=["films"])]
    assert proposed(decided(*saves, modes=modes)) == ["a", "b"]


# --- the way out ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["save", "fix_first", "grow"])
def test_the_way_out_stands_first_or_second_in_every_mode_once_leaving_is_voiced(mode: str) -> None:
    kinds = {"save": ["save"], "fix_first": ["service"], "grow": ["offer"]}[mode]
    actions = [an_offer("o"), a_save("a"), a_save("b"), an_action("s", "service"), CANCEL]
    assert proposed(leaving(*actions, modes=[a_mode(mode, kinds=kinds)]))[1] == "cancel"


def test_without_anything_better_the_way_out_stands_first() -> None:
    assert proposed(leaving(CANCEL)) == ["cancel"]


def test_the_way_out_stands_before_processes_that_may_wait() -> None:
    actions = [a_process("p", priority=100), {**CANCEL, "priority": 100}]
    assert proposed(leaving(*actions)) == ["cancel", "p"]


def test_a_process_that_may_not_wait_stands_before_the_way_out() -> None:
    actions = [a_process("p", priority=10), {**CANCEL, "priority": 100}]
    assert proposed(leaving(*actions)) == ["p", "cancel"]


def test_the_way_out_takes_the_place_of_the_last_proposal() -> None:
    decision = leaving(a_save("a"), a_save("b"), CANCEL, arbitration={"proposals": 2})
    assert (proposed(decision), vetoed(decision)) == (["a", "cancel"], {"b": "not_among_the_best"})


def test_the_way_out_stands_beside_the_only_proposal() -> None:
    decision = leaving(a_save("a"), CANCEL, arbitration={"proposals": 1})
    assert proposed(decision) == ["a", "cancel"]


def test_of_two_ways_out_the_first_is_shown() -> None:
    decision = leaving(a_save("a"), CANCEL, a_process("leave", cancels=True))
    assert (proposed(decision), vetoed(decision)) == (["a", "cancel"], {"leave": "not_among_the_best"})


def test_without_a_wish_to_leave_there_is_no_way_out() -> None:
    assert proposed(decided(an_offer("o"), CANCEL)) == ["o"]


# --- emergencies --------------------------------------------------------------------------------------------------------------


URGENT = [an_action("fire", "service", priority=2, emergency=True), a_process("flood", emergency=True)]
"""Two of them; the process has the usual priority."""


@pytest.mark.parametrize(
    "kinds", [["offer"], ["save", "offer"], ["question", "process"], ["process", "service"]]
)
def test_an_emergency_stands_first_in_every_mode(kinds: list[str]) -> None:
    actions = [an_offer("o"), an_action("s", "service", priority=1), a_process("p", priority=1), *URGENT]
    found = proposed(decided(*actions, modes=[a_mode("m", kinds=kinds)]))
    assert found[:2] == ["fire", "flood"]


@pytest.mark.parametrize("kinds", [["save"], ["service"], ["process"], []])
def test_behind_the_first_emergency_comes_the_way_out_of_who_wishes_to_leave(kinds: list[str]) -> None:
    actions = [a_save("a"), an_action("s", "service", priority=1), *URGENT, CANCEL]
    found = proposed(leaving(*actions, modes=[a_mode("m", kinds=kinds)]))
    assert found[:3] == ["fire", "cancel", "flood"]


def test_an_emergency_that_is_a_process_never_waits_for_the_way_out() -> None:
    flood = {**URGENT[1], "priority": 900}
    assert proposed(leaving(flood, {**CANCEL, "priority": 1})) == ["flood", "cancel"]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_bound_cuts_an_emergency(most: int) -> None:
    bound = {"proposals": most}
    urgent = [*URGENT, an_action("alarm", "service", emergency=True, priority=1)]
    assert proposed(decided(an_offer("o"), *urgent, arbitration=bound)) == ["alarm", "fire", "flood"]
    assert proposed(leaving(a_save("a"), *urgent, CANCEL, arbitration=bound)) == [
        "alarm",
        "cancel",
        "fire",
        "flood",
    ]


def test_what_an_emergency_pushed_out_says_that_others_were_better() -> None:
    decision = decided(an_offer("o"), URGENT[0], arbitration={"proposals": 1})
    assert (proposed(decision), vetoed(decision)) == (["fire"], {"o": "not_among_the_best"})


def test_who_objects_is_helped_in_an_emergency_as_anyone() -> None:
    assert proposed(decided(an_offer("o"), URGENT[0], customer=OBJECTS)) == ["fire", "o"]


@given(
    kinds=st.lists(st.sampled_from(["offer", "save", "service", "process", "question"]), unique=True),
    others=st.lists(st.sampled_from(["offer", "save", "service", "process", "question"]), max_size=6),
    urgent=st.lists(st.tuples(st.sampled_from(["service", "process"]), st.integers(0, 3)), max_size=4),
    most=st.integers(1, 4),
    wish=st.booleans(),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_else_there_is_emergencies_come_first_and_the_way_out_second(
    kinds: list[str], others: list[str], urgent: list[tuple[str, int]], most: int, wish: bool
) -> None:
    alarms = [
        an_action(f"u{number}", kind, emergency=True, priority=at) for number, (kind, at) in enumerate(urgent)
    ]
    rest = [
        an_offer(f"a{number}") if kind == "offer" else an_action(f"a{number}", kind)
        for number, kind in enumerate(others)
    ]
    shown = proposed(
        decided(
            *rest,
            *alarms,
            CANCEL,
            modes=[a_mode("m", kinds=kinds)],
            arbitration={"proposals": most},
            intent="cancel" if wish else None,
        )
    )
    expected = [f"u{number}" for _, number in sorted((at, number) for number, (_, at) in enumerate(urgent))]
    if wish:
        assert "cancel" in shown[:2]
        shown.remove("cancel")
        most = max(most - 1, 1)
    assert shown[: len(expected)] == expected
    assert len(shown) <= max(most, len(expected))


# --- who objects to profiling ------------------------------------------------------------------------------------------------------


def test_who_objects_gets_no_value_and_no_churn() -> None:
    decision = decided(an_offer(), customer=OBJECTS)
    assert (decision.proposals[0].value, decision.churn) == (None, None)


def test_who_objects_gets_offers_by_priority() -> None:
    offers = [an_offer("a", priority=9, acceptance={"rate": 0.9}), an_offer("b", priority=1, cost=500)]
    assert proposed(decided(*offers, customer=OBJECTS)) == ["b", "a"]


def test_who_objects_gets_two_rounds_of_saves_as_everyone() -> None:
    decision = leaving(*[a_save(name) for name in "abc"], customer=OBJECTS)
    assert (proposed(decision), vetoed(decision)) == (["a", "b"], {"c": "not_on_the_ladder"})


def test_who_objects_and_refused_once_has_one_round_left() -> None:
    history = a_history(an_outcome("declined", action="a"))
    assert proposed(leaving(*[a_save(name) for name in "abc"], customer=OBJECTS, history=history)) == ["b"]


def test_an_objection_in_the_request_counts_at_once() -> None:
    request = a_request(consents={"profiling": False})
    decision = a_decision(some_knowledge(an_offer()), customer=a_customer(holding="fiber"), request=request)
    assert decision.churn is None


# --- levers ------------------------------------------------------------------------------------------------------------------------

OFFERS = {"a": 30.0, "b": 20.0, "c": 10.0, "d": 5.0}
HORIZON = 36
ONE_EURO = {"amount": 1, "months": 1}


def priced_at(worth: Mapping[int, float]) -> PricedActions:
    """Actions worth this much, by row; nothing else about them matters to the order of offers."""
    none = [0.0] * len(worth)
    eiv = list(worth.values())
    columns = ("p", "rho", "q1", "hazard_ratio", "cost", "wake", "contact_cost", "organic")
    options = Options(margin_change=np.zeros((len(worth), HORIZON)), **dict.fromkeys(columns, none))
    figures: dict[str, Any] = {
        "index": tuple(worth),
        "options": options,
        "priced": Priced(V0=0.0, V1=none, M=none, L=none, k=1.0, eiv=eiv, terms=[(0.0,) * 6] * len(worth)),
        "p": none,
        "taken_learned": np.zeros(0, dtype=np.bool_),
    }
    return PricedActions(
        **{field.name: figures[field.name] for field in fields(PricedActions) if field.name in figures}
    )


def nothing_expected() -> Forecast:
    months = np.zeros(HORIZON)
    churn = Churn(next_month=0, leaves_now=0, source="assumed")
    return Forecast(Outlook(months, months, q0=0.0, yearly_discount=0.1, delay=2.0), churn, 0.0)


def placed_at(
    worth: Mapping[str, float],
    *levers: Mapping[str, Any],
    kind: str = "offer",
    leaving: bool = False,
    **given: Any,
) -> tuple[list[str], Placed]:
    """Which actions stand, by what each is worth, with these levers in force; `given` is of arbitration."""
    kept = {name: {"family": family} for family, names in given.pop("families", {}).items() for name in names}
    catalogue = a_catalogue(
        *[an_action(name, kind, discount=ONE_EURO, **kept.get(name, {})) for name in worth]
    )
    written = [{"owner": "Sales", "until": "2026-12-31", "reason": "r", **lever} for lever in levers]
    policy = a_policy(levers=written, arbitration=given, modes=[a_mode("m", kinds=[kind])])
    among = Candidates(
        range(len(worth)),
        priced_at(dict(enumerate(worth.values()))),
        nothing_expected(),
        mode=policy.modes[0],
        refused=0,
        spoken=0,
        leaving=leaving,
        catalogue=catalogue,
        policy=policy,
        levers=Levers(catalogue, policy).on(NOW.date(), "voice"),
    )
    placed = arbitrate(among)
    return [catalogue.actions[row].id for row in placed.ranked], placed


def a_lever(factor: float, *actions: str, lever_id: str = "push") -> dict[str, Any]:
    return {"id": lever_id, "factor": factor, "for": {"actions": list(actions)}}


def test_a_lever_moves_an_offer_up_and_says_so_with_its_cost() -> None:
    names, placed = placed_at(OFFERS, a_lever(2, "b"))
    assert names == ["b", "a", "c"]
    assert placed.levers == (LeverUse(id="push", action_id="b", factor=2),)
    assert placed.levers_cost == 10


def test_what_a_lever_pushed_out_says_that_the_business_put_others_first() -> None:
    names, placed = placed_at(OFFERS, a_lever(0.5, "b", "c"), a_lever(2, "d", lever_id="more"))
    assert names == ["a", "b", "d"]
    assert placed.passed == {2: "behind_a_lever"}
    assert placed.levers_cost == 5


def test_what_would_not_have_stood_anyway_says_what_it_said_before() -> None:
    _, placed = placed_at(OFFERS, a_lever(1.1, "a"))
    assert (placed.passed, placed.levers_cost) == ({3: "not_among_the_best"}, 0)


def test_a_lever_makes_nothing_worth_proposing_that_is_not() -> None:
    names, placed = placed_at({"a": 30.0, "b": -1.0}, a_lever(2, "b"))
    assert (names, placed.passed) == (["a"], {1: "worth_less_than_nothing"})
    assert (placed.levers, placed.levers_cost) == ((), 0)


def test_without_a_lever_nothing_is_used_and_nothing_given_up() -> None:
    names, placed = placed_at(OFFERS)
    assert (names, placed.levers, placed.levers_cost) == (["a", "b", "c"], (), 0)


def test_a_lever_chooses_within_a_family_too() -> None:
    names, placed = placed_at(OFFERS, a_lever(2, "b"), families={"f": ["a", "b"]}, proposals=2)
    assert (names, placed.levers_cost) == (["b", "c"], 10)
    assert placed.passed == {0: "behind_a_lever", 3: "not_among_the_best"}


def test_levers_order_saves_where_nobody_leaves_and_leave_the_ladder_alone() -> None:
    names, placed = placed_at({"a": 30.0, "b": 20.0}, a_lever(2, "b"), kind="save")
    assert (names, placed.levers_cost) == (["b", "a"], 10)
    _, climbed = placed_at({"a": 30.0, "b": 20.0}, a_lever(2, "b"), kind="save", leaving=True)
    assert (climbed.levers, climbed.levers_cost) == ((), 0)


@given(
    st.lists(st.floats(-50, 200), min_size=1, max_size=7),
    st.lists(st.floats(0.5, 2), min_size=7, max_size=7),
    st.integers(1, 4),
    st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_a_lever_never_earns_and_as_many_offers_stand(
    values: list[float], factors: list[float], proposals: int, per_family: int
) -> None:
    worth = dict(zip("abcdefg", values, strict=False))
    levers = [a_lever(factor, name, lever_id=name) for name, factor in zip(worth, factors, strict=False)]
    within: dict[str, Any] = {
        "proposals": proposals,
        "per_family": per_family,
        "families": {"f": ["a", "b", "c"], "g": ["d", "e"]},
    }
    plain, _ = placed_at(worth, **within)
    shown, placed = placed_at(worth, *levers, **within)
    assert len(shown) == len(plain)
    first = (worth[plain[0]] - worth[shown[0]]) if plain else 0
    together = sum(worth[name] for name in plain) - sum(worth[name] for name in shown)
    assert placed.levers_cost >= max(0.0, first, together) - 1e-9
