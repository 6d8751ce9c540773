"""Levers: bounded, owned, dated, shown, and their cost reported."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.languages import spoken
from models.documents import DocumentError
from models.knowledge import build_knowledge
from models.levers import InForce, Levers, expired_levers, levers_cost
from models.response import LeverUse
from tests.builders import a_catalogue, a_policy, a_process, a_save, an_offer

TODAY = date(2026, 11, 21)


def a_lever(lever_id: str = "push", /, **given: Any) -> dict[str, Any]:
    usual = {
        "id": lever_id,
        "factor": 1.5,
        "owner": "Product TV",
        "until": "2026-12-31",
        "reason": "TV month",
    }
    return {**usual, **given}


def in_force(*levers: Any, day: date = TODAY, channel: Any = "voice") -> InForce | None:
    catalogue = a_catalogue(an_offer("a", family="f"), an_offer("b"), a_save("c", family="f"), a_process("d"))
    return Levers(catalogue, a_policy(levers=list(levers))).on(day, channel)


def factors(*levers: Any, **given: Any) -> dict[int, float]:
    found = in_force(*levers, **given)
    return {} if found is None else dict(found.factors)


# --- what is in force -------------------------------------------------------------------------------------------------------


def test_a_lever_speaks_of_the_offers_and_saves_it_selects() -> None:
    assert factors(a_lever()) == {0: 1.5, 1: 1.5, 2: 1.5}
    assert factors(a_lever(**{"for": {"families": ["f"]}})) == {0: 1.5, 2: 1.5}
    assert factors(a_lever(**{"for": {"actions": ["b"]}})) == {1: 1.5}


def test_several_levers_on_one_action_multiply_within_the_bounds() -> None:
    up = [a_lever("x", factor=1.2), a_lever("y", factor=1.5, **{"for": {"actions": ["a"]}})]
    assert factors(*up) == pytest.approx({0: 1.8, 1: 1.2, 2: 1.2})
    assert factors(a_lever("x", factor=1.8), a_lever("y", factor=1.9))[0] == 2
    assert factors(a_lever("x", factor=0.6), a_lever("y", factor=0.5))[0] == 0.5


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2026-11-19", False), ("2026-11-20", True), ("2026-11-22", True), ("2026-11-23", False)],
)
def test_a_lever_holds_from_its_first_day_to_its_last(day: str, *, holds: bool) -> None:
    lever = a_lever(**{"from": "2026-11-20", "until": "2026-11-22"})
    assert (in_force(lever, day=date.fromisoformat(day)) is not None) is holds


def test_a_lever_may_hold_over_some_channels_only() -> None:
    lever = a_lever(**{"for": {"channels": ["chat", "app"]}})
    assert (in_force(lever, channel="voice"), factors(lever, channel="app")[0]) == (None, 1.5)


def test_without_a_lever_nothing_is_in_force() -> None:
    assert in_force() is None


def test_what_is_in_force_is_worked_out_once_a_day_and_channel() -> None:
    levers = Levers(a_catalogue(an_offer("a")), a_policy(levers=[a_lever()]))
    assert levers.on(TODAY, "voice") is levers.on(TODAY, "voice")
    assert levers.on(TODAY, "voice") is not levers.on(TODAY, "chat")


# --- what it does --------------------------------------------------------------------------------------------------------------


def test_only_positive_values_are_levered() -> None:
    found = in_force(a_lever(factor=2, **{"for": {"families": ["f"]}}))
    assert found is not None
    assert found.levered({0: 10.0, 1: 10.0, 2: -3.0}) == {0: 20.0, 1: 10.0, 2: -3.0}


def test_a_lever_is_used_where_it_moves_a_value() -> None:
    found = in_force(a_lever("x"), a_lever("y", factor=0.5, **{"for": {"actions": ["a"]}}))
    assert found is not None
    assert found.used({0: 10.0, 1: -1.0, 2: 5.0}, [0, 1]) == (
        LeverUse(id="x", action_id="a", factor=1.5),
        LeverUse(id="y", action_id="a", factor=0.5),
    )


@pytest.mark.parametrize(
    ("without", "shown", "cost"),
    [
        ([30.0, 20.0, 10.0], [30.0, 20.0, 10.0], 0),
        ([30.0, 20.0, 10.0], [20.0, 30.0, 10.0], 10),  # the first offer is worth less
        ([30.0, 20.0, 10.0], [30.0, 20.0, 4.0], 6),  # all shown together are worth less
        ([30.0, 20.0], [4.0, 30.0], 26),
        ([], [], 0),
    ],
)
def test_the_cost_is_that_of_the_number_of_offers_that_costs_the_most(
    without: list[float], shown: list[float], cost: float
) -> None:
    assert levers_cost(without, shown) == cost


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_no_order_of_the_same_offers_earns_by_a_lever(worth: list[float], chance: Any) -> None:
    shown = chance.sample(worth, len(worth))
    cost = levers_cost(sorted(worth, reverse=True), shown)
    assert cost >= max(worth) - shown[0]


# --- what the business writes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.49, 2.01])
def test_a_lever_is_bounded(factor: float) -> None:
    with pytest.raises(DocumentError, match=r"levers\[push\].factor"):
        a_policy(levers=[a_lever(factor=factor)])


@pytest.mark.parametrize("key", ["owner", "until", "reason", "factor"])
def test_a_lever_is_owned_dated_and_says_why(key: str) -> None:
    lever = a_lever()
    del lever[key]
    with pytest.raises(DocumentError, match=rf"levers\[push\]\.{key}"):
        a_policy(levers=[lever])


def test_a_lever_may_not_end_before_it_begins() -> None:
    with pytest.raises(DocumentError, match="'until' lies before 'from'; swap them"):
        a_policy(levers=[a_lever(**{"from": "2027-01-01"})])


def test_two_levers_may_not_have_one_name() -> None:
    with pytest.raises(DocumentError, match="'push' is used twice"):
        a_policy(levers=[a_lever(), a_lever()])


def test_a_lever_on_what_is_not_there_or_has_no_value_is_refused() -> None:
    levers = [
        a_lever("x", **{"for": {"actions": ["z"], "families": ["f"]}}),
        a_lever("y", **{"for": {"families": ["a", "f"]}}),
        a_lever("z", **{"for": {"kinds": ["process"]}}),
    ]
    with pytest.raises(DocumentError) as refused:
        build_knowledge(
            a_catalogue(an_offer("a"), a_process("d")), a_policy(levers=levers), wordbooks=spoken()
        )
    missing = "the catalogue has no such {}, '{}'; correct the name"
    assert [(problem.key, problem.message) for problem in refused.value.problems] == [
        ("levers[x].for.actions[0]", missing.format("action", "z")),
        ("levers[x].for.families[0]", missing.format("family of actions", "f")),
        ("levers[y].for.families[1]", missing.format("family of actions", "f")),
        (
            "levers[z].for",
            "holds no offer or save, and nothing else has a value to lever; select others or remove the lever",
        ),
    ]


def test_a_lever_past_its_date_is_named_and_does_nothing() -> None:
    levers = [a_lever("old", until="2026-11-20"), a_lever("last-day", until="2026-11-21")]
    (problem,) = expired_levers(a_policy(levers=levers), TODAY)
    assert (problem.key, problem.message) == (
        "levers[old].until",
        "ended on 2026-11-20; remove the lever, or agree a later day with Product TV",
    )
    assert factors(levers[0]) == {}
