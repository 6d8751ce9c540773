"""From what customers take unasked to what this one accepts when asked."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.acceptance import (
    accepted,
    leaves_after,
    logit,
    pull_from_rate,
    taken_by_action,
    taken_unasked,
)

BASE = np.array([0.5, 0.3, 0.2])
WHICH = np.array([0.25, 0.6, 0.15])
RATE = np.array([0.02, 0.04, 0.06])


@given(o=st.floats(1e-6, 1 - 1e-6), rate=st.floats(0, 1), typical=st.floats(1e-6, 1 - 1e-6))
def test_p_is_the_sigmoid_of_the_logit_of_o_plus_the_pull(o: float, rate: float, typical: float) -> None:
    pull = pull_from_rate(np.array([rate]), np.array([typical]))
    x = float(logit(np.array([o]))[0] + pull[0])
    p = 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
    assert accepted(np.array([o]), pull, np.ones(1))[0] == pytest.approx(p, rel=1e-9)


def test_no_pull_is_too_strong() -> None:
    assert accepted(np.array([0.5, 0.5]), np.array([-1e4, 1e4]), np.ones(2)).tolist() == [0.0, 1.0]


def test_with_dates_o_is_any_acquisition_times_which() -> None:
    taken = taken_unasked(0.1, WHICH, BASE, RATE)
    assert taken.o.tolist() == pytest.approx([0.025, 0.06, 0.015])
    assert taken.assumed.tolist() == [False, False, False]


def test_without_dates_o_is_the_catalogue_rate_times_the_lift_and_assumed() -> None:
    taken = taken_unasked(None, WHICH, BASE, RATE)
    assert taken.o.tolist() == pytest.approx([0.01, 0.08, 0.045])
    assert taken.assumed.tolist() == [True, True, True]


def test_a_great_lift_stays_below_certainty() -> None:
    taken = taken_unasked(None, np.array([0.9]), np.array([0.01]), np.array([0.5]))
    assert taken.o.tolist() == [1 - 1e-6]


def test_what_cannot_be_acquired_keeps_a_chance_that_has_a_logit() -> None:
    assert taken_unasked(0.1, np.array([0.0]), np.array([0.4]), np.array([0.05])).o.tolist() == [1e-6]


@pytest.mark.parametrize("any_in_90_days", [0.1, None])
def test_a_product_training_never_saw_stands_at_its_catalogue_rate(any_in_90_days: float | None) -> None:
    taken = taken_unasked(any_in_90_days, np.array([0.5, 0.0]), np.array([0.5, 0.0]), np.array([0.02, 0.07]))
    assert taken.o[1] == 0.07
    assert taken.assumed[1]


def test_an_action_takes_the_smallest_o_it_sells_and_0_when_it_sells_nothing() -> None:
    sold = np.array([[0, 0, 0], [0, 1, 2], [-1, -1, -1]])
    assert taken_by_action(np.array([0.2, 0.1, 0.3]), sold).tolist() == [0.2, 0.1, 0.0]


def test_a_catalogue_without_products_sells_nothing() -> None:
    assert taken_by_action(np.zeros(0), np.full((2, 1), -1)).tolist() == [0.0, 0.0]


def test_the_average_customer_accepts_at_the_stated_rate() -> None:
    rate, typical = np.array([0.12, 0.3]), np.array([0.02, 0.0])
    pull = pull_from_rate(rate, typical)
    assert pull[1] == pytest.approx(np.log(0.3 / 0.7))
    assert accepted(typical, pull, np.ones(2)).tolist() == pytest.approx([0.12, 0.3])


def test_who_takes_it_sooner_unasked_accepts_it_sooner_when_asked() -> None:
    pull = pull_from_rate(np.full(2, 0.12), np.full(2, 0.02))
    p = accepted(np.array([0.02, 0.04]), pull, np.ones(2))
    odds = 0.12 / 0.88 * (0.04 / 0.96) / (0.02 / 0.98)
    assert p.tolist() == pytest.approx([0.12, odds / (1 + odds)])


def test_what_does_not_hold_is_not_accepted() -> None:
    assert accepted(np.zeros(1), np.zeros(1), np.array([0.8])).tolist() == [0.4]


def test_what_outcomes_taught_moves_the_odds() -> None:
    stated = pull_from_rate(np.array([0.2]), np.array([0.05]))
    taught = accepted(np.array([0.05]), stated + np.log(2), np.ones(1))
    assert taught.tolist() == pytest.approx([0.5 / 1.5])


def test_many_draws_of_the_pull_give_many_p() -> None:
    draws = np.log(np.array([[1.0, 3.0], [3.0, 1.0]]))
    assert accepted(np.zeros(2), draws, np.ones(2)).tolist() == [
        pytest.approx([0.5, 0.75]),
        pytest.approx([0.75, 0.5]),
    ]


@pytest.mark.parametrize(("rate", "p"), [(0.0, 1e-6), (1.0, 1 - 1e-6)])
def test_a_stated_rate_of_0_or_1_stays_a_number(rate: float, p: float) -> None:
    pull = pull_from_rate(np.array([rate]), np.zeros(1))
    assert accepted(np.zeros(1), pull, np.ones(1)).tolist() == pytest.approx([p], rel=1e-6)


def test_each_refusal_wears_and_leaving_is_never_more_than_certain() -> None:
    assert leaves_after(0.45, 1.2, 0) == 0.45
    assert leaves_after(0.45, 1.2, 1) == pytest.approx(0.54)
    assert leaves_after(0.9, 1.2, 2) == 1.0
    assert leaves_after(0.45, 1.2, 0, q1=0.3) == 0.45
    assert leaves_after(0.45, 1.2, 1, q1=0.3) == 0.3
    assert leaves_after(0.45, 1.2, 2, q1=0.3) == pytest.approx(0.36)


def test_without_a_wish_to_leave_a_refusal_makes_nobody_leave() -> None:
    assert leaves_after(0.0, 1.5, 3) == 0.0
