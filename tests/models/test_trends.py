"""A monthly fact has a level and a slope."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.documents import DocumentError
from models.trends import Trend, derived, trend_names, trend_problems
from tests.builders import a_customer, a_decision, a_policy, a_process, proposed, some_knowledge

MONTHS = ("gb_m3", "gb_m2", "gb_m1")
TRENDS = {"data": Trend(of=MONTHS)}


def of(*values: float | None) -> dict[str, float]:
    facts = {name: value for name, value in zip(MONTHS, values, strict=True) if value is not None}
    return derived(facts, TRENDS)


def test_the_level_is_the_mean_and_the_slope_a_share_of_it_a_month() -> None:
    assert of(24.0, 20.0, 16.0) == {"data_level": 20.0, "data_slope": -0.2}


def test_what_a_trend_gives_has_the_names_it_was_given() -> None:
    slope = {"en": "the trend of data use"}
    policy = a_policy(
        facts={name: {"type": "number"} for name in MONTHS}, trends={"data": {"of": MONTHS, "slope": slope}}
    )
    assert policy.fact_names == {
        **{key: {} for key in MONTHS},
        "data_level": {},
        "data_slope": slope,
    }


def test_a_jump_in_the_middle_month_is_no_slope() -> None:
    assert of(10.0, 40.0, 10.0) == {"data_level": 20.0, "data_slope": 0.0}


def test_a_month_that_is_not_known_leaves_a_gap_in_time() -> None:
    assert of(24.0, None, 16.0) == {"data_level": 20.0, "data_slope": -0.2}
    assert of(None, 24.0, 16.0) == {"data_level": 20.0, "data_slope": -0.4}


@pytest.mark.parametrize("values", [(None, None, None), (None, 20.0, None)])
def test_fewer_than_two_months_tell_nothing(values: tuple[float | None, ...]) -> None:
    assert of(*values) == {}


@pytest.mark.parametrize("values", [(0.0, 0.0, 0.0), (-3.0, 0.0, 1.0)])
def test_without_a_level_above_nothing_there_is_no_slope(values: tuple[float, ...]) -> None:
    assert of(*values) == {"data_level": sum(values) / 3}


def test_without_trends_nothing_is_added() -> None:
    assert derived({"gb_m1": 3.0}, {}) == {}


@given(st.lists(st.floats(0.1, 1e6), min_size=2, max_size=36))
def test_the_slope_is_that_of_least_squares(values: list[float]) -> None:
    names = tuple(f"m{month}" for month in range(len(values)))
    found = derived(dict(zip(names, values, strict=True)), {"use": Trend(of=names)})
    rise, _ = np.polyfit(np.arange(len(values)), values, 1)
    assert found["use_level"] == pytest.approx(np.mean(values))
    assert found["use_slope"] == pytest.approx(rise / np.mean(values), abs=1e-9)


def test_each_trend_gives_two_facts() -> None:
    assert trend_names(TRENDS) == ["data_level", "data_slope"]


@pytest.mark.parametrize(
    ("types", "problem"),
    [
        (
            {"gb_m3": "number", "gb_m2": "number"},
            ("'gb_m1' is no declared fact; declare it or correct the name", 2),
        ),
        (
            {"gb_m3": "number", "gb_m2": "string", "gb_m1": "integer"},
            ("'gb_m2' is of type string; a trend is made of numbers", 1),
        ),
    ],
)
def test_a_month_must_be_a_declared_number(types: dict[str, Any], problem: tuple[str, int]) -> None:
    message, position = problem
    assert list(trend_problems(TRENDS, types, frozenset())) == [(("trends", "data", "of", position), message)]


def test_a_month_stands_in_a_trend_once() -> None:
    twice = {"data": Trend(of=("gb_m1", "gb_m1"))}
    assert list(trend_problems(twice, {"gb_m1": "number"}, frozenset())) == [
        (("trends", "data", "of", 1), "'gb_m1' stands here twice; name each month once")
    ]


@pytest.mark.parametrize("taken", [True, False])
def test_a_trend_gives_no_fact_there_is_already(taken: bool) -> None:
    months = dict.fromkeys(MONTHS, "number")
    types = months if taken else {**months, "data_slope": "number"}
    names = frozenset({"data_slope"}) if taken else frozenset()
    assert list(trend_problems(TRENDS, types, names)) == [
        (("trends", "data"), "would give 'data_slope', which is a fact already; rename the trend")
    ]


# --- in a decision ---------------------------------------------------------------------------------------------------

FACTS = {name: {"type": "number"} for name in MONTHS}
WRITTEN = {"data": {"of": list(MONTHS)}}


@pytest.mark.parametrize(
    ("months", "says"),
    [
        ({"gb_m3": 40.0, "gb_m2": 36.0, "gb_m1": 20.0}, ["U gebruikt gemiddeld 32 GB."]),
        ({"gb_m3": 40.0, "gb_m2": 36.0, "gb_m1": 38.0}, []),
        ({"gb_m3": 4.0, "gb_m2": 3.0, "gb_m1": 2.0}, []),
        ({"gb_m1": 20.0}, []),
    ],
)
def test_a_condition_and_a_sentence_may_name_level_and_slope(months: dict[str, Any], says: list[str]) -> None:
    heavy_user_going_down = a_process(
        condition="customer.data_level >= 20.0 && customer.data_slope <= -0.1",
        say=["U gebruikt gemiddeld {data_level} GB.", "Zeg het."],
    )
    knowledge = some_knowledge(heavy_user_going_down, facts=FACTS, trends=WRITTEN)
    decision = a_decision(knowledge, customer=a_customer(**months))
    assert [p.say for p in decision.proposals if p.action_id in proposed(decision)] == says


def test_a_policy_names_what_is_wrong_with_its_trends() -> None:
    with pytest.raises(DocumentError) as caught:
        a_policy(facts={"gb_m3": {"type": "number"}}, trends={"data": {"of": ["gb_m3", "gb_m2"]}})
    assert [str(problem).split(": ", 1)[1] for problem in caught.value.problems] == [
        "trends.data.of[1]: 'gb_m2' is no declared fact; declare it or correct the name"
    ]
