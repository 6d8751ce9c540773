"""A budget as a price, against every plan there is and against a linear programme."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from models.budget import NOTHING, shadow_price
from models.value import Floats


def drawn(seed: int, customers: int = 6, alternatives: int = 3) -> tuple[Floats, Floats]:
    dice = np.random.default_rng(seed)
    return dice.normal(5.0, 8.0, (customers, alternatives)), dice.uniform(
        0.0, 10.0, (customers, alternatives)
    )


def worth(values: Floats, chosen: Floats) -> float:
    return float(sum(values[n, k] for n, k in enumerate(chosen) if k != NOTHING))


@pytest.mark.parametrize("seed", range(20))
def test_no_plan_that_spends_as_much_is_worth_more(seed: int) -> None:
    values, costs = drawn(seed, customers=5)
    plan = shadow_price(values, costs, 12.0)
    assert plan.spends <= 12.0
    for every in product(range(-1, 3), repeat=5):
        spends = sum(costs[n, k] for n, k in enumerate(every) if k != NOTHING)
        if spends <= plan.spends + 1e-9:
            assert worth(values, np.array(every)) <= worth(values, plan.chosen) + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_the_price_is_the_multiplier_of_the_linear_programme(seed: int) -> None:
    values, costs = drawn(seed)
    n, k = values.shape
    once = np.kron(np.eye(n), np.ones(k))
    found = linprog(-values.ravel(), np.vstack([costs.ravel(), once]), np.r_[15.0, np.ones(n)], bounds=(0, 1))
    plan = shadow_price(values, costs, 15.0)
    assert plan.price == pytest.approx(-found.ineqlin.marginals[0], abs=1e-7)
    assert worth(values, plan.chosen) <= -found.fun + 1e-9
    # What the whole customers leave of the budget earns at most its price.
    assert worth(values, plan.chosen) + plan.price * (15.0 - plan.spends) == pytest.approx(-found.fun)


def test_with_enough_of_it_a_budget_has_no_price_and_everyone_gets_the_best() -> None:
    values, costs = np.array([[1.0, 3.0], [-1.0, -2.0]]), np.array([[1.0, 5.0], [0.0, 1.0]])
    plan = shadow_price(values, costs, 100.0)
    assert (plan.price, plan.chosen.tolist(), plan.spends) == (0.0, [1, NOTHING], 5.0)


def test_without_a_budget_only_what_is_free_is_done() -> None:
    plan = shadow_price(np.array([[2.0, 9.0], [4.0, 3.0]]), np.array([[0.0, 3.0], [2.0, 1.0]]), 0.0)
    assert (plan.chosen.tolist(), plan.spends) == ([0, NOTHING], 0.0)
    assert plan.price == 3.0


def test_what_is_not_possible_is_not_done() -> None:
    assert shadow_price(np.array([[-np.inf]]), np.array([[0.0]]), 5.0).chosen.tolist() == [NOTHING]


@pytest.mark.parametrize(
    ("values", "costs", "budget"),
    [
        (np.zeros((2, 2)), np.zeros((2, 3)), 1.0),
        (np.zeros((1, 1)), -np.ones((1, 1)), 1.0),
        (np.zeros((1, 1)), np.full((1, 1), np.nan), 1.0),
        (np.zeros((1, 1)), np.zeros((1, 1)), -1.0),
    ],
)
def test_tables_that_cannot_be_are_refused(values: Floats, costs: Floats, budget: float) -> None:
    with pytest.raises(ValueError, match="budget:"):
        shadow_price(values, costs, budget)
