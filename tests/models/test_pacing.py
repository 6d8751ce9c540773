"""The price of a budget, as a bundle carries it."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from models.budget import shadow_price
from models.pacing import Choice, Pacing, table_of


def test_contacts_with_more_and_fewer_choices_make_one_table() -> None:
    value, discount = table_of(
        [Choice(np.array([3.0, -1.0]), np.array([2.0, 0.0])), Choice(np.zeros(0), np.zeros(0))]
    )
    assert value.tolist() == [[3.0, -1.0], [-np.inf, -np.inf]]
    assert discount.tolist() == [[2.0, 0.0], [0.0, 0.0]]


def test_no_contact_makes_an_empty_table() -> None:
    assert [part.shape for part in table_of([])] == [(0, 0), (0, 0)]


def test_the_best_for_their_euros_are_within_the_budget() -> None:
    choices = [Choice(np.array([9.0, 4.0]), np.array([6.0, 1.0])), Choice(np.array([5.0]), np.array([2.0]))]
    plan = shadow_price(*table_of(choices), budget=3.0)
    assert plan.chosen.tolist() == [1, 0]
    assert plan.spends == 3.0
    assert plan.price == pytest.approx(1.0)


def test_a_price_below_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        Pacing(shadow_price=-0.1, budget=1, days=30, contacts=1, spent=0, spent_without=0)
