"""A budget for discounts, against every plan there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from pydantic import ValidationError

from models.pacing import Choice, Pacing, shadow_price, spent


def some_choices(rng: np.random.Generator, contacts: int) -> list[Choice]:
    return [
        Choice(rng.normal(2.0, 6.0, n), np.where(rng.uniform(size=n) < 0.3, 0.0, rng.uniform(0.5, 20.0, n)))
        for n in rng.integers(1, 4, contacts)
    ]


def best_plan(choices: list[Choice], budget: float) -> float:
    """The most that any plan within the budget is worth."""
    options = [[(0.0, 0.0), *zip(choice.value, choice.discount, strict=True)] for choice in choices]
    plans = product(*options)
    return max(
        float(sum(value for value, _ in plan))
        for plan in plans
        if sum(cost for _, cost in plan) <= budget + 1e-9
    )


def worth_at(choices: list[Choice], price: float) -> float:
    total = 0.0
    for choice in choices:
        value = np.append(choice.value, 0.0)
        total += value[np.argmax(value - price * np.append(choice.discount, 0.0))]
    return float(total)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_decided_at_the_price_is_the_best_plan_of_all_that_spend_no_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    choices = some_choices(rng, 6)
    budget = float(rng.uniform(0, 40))
    price = shadow_price(choices, budget)
    used = spent(choices, price)
    assert used <= budget
    assert worth_at(choices, price) == pytest.approx(best_plan(choices, used))


@pytest.mark.parametrize("seed", range(20))
def test_a_lower_price_spends_more_than_there_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    choices = some_choices(rng, 40)
    budget = spent(choices, 0.0) / 2
    price = shadow_price(choices, budget)
    assert price > 0
    assert spent(choices, price * (1 - 1e-9)) > budget >= spent(choices, price)


def test_a_budget_that_is_not_reached_costs_nothing() -> None:
    choices = [Choice(np.array([3.0]), np.array([2.0]))]
    assert shadow_price(choices, 2.0) == 0.0
    assert shadow_price([], 0.0) == 0.0


def test_without_a_budget_no_discount_is_given() -> None:
    choices = [Choice(np.array([9.0, 1.0]), np.array([2.0, 0.0]))]
    price = shadow_price(choices, 0.0)
    assert price == pytest.approx(4.0)
    assert spent(choices, price) == 0.0


def test_a_budget_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="budget of -1"):
        shadow_price([], -1.0)


def test_a_price_below_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        Pacing(shadow_price=-0.1, budget=1, days=30, contacts=1, spent=0, spent_without=0)
