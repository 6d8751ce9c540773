"""Draws are uniform, independent, and the same whatever else is asked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from training.simulator.laboratory.luck import Kind, luck_of, mixed, stirred

MANY = luck_of(7, np.arange(20_000))


def test_the_hash_gives_the_published_first_numbers_of_splitmix64() -> None:
    assert stirred(0) == 0xE220A8397B1DCDAF
    assert mixed(np.array([0, 0x9E3779B97F4A7C15], dtype=np.uint64)).tolist() == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
    ]


@pytest.mark.parametrize("kind", [Kind.ACCEPT, Kind.PRESSURE, Kind.PARAMETER])
@pytest.mark.parametrize("month", [-3, 0, 1, 41])
def test_draws_of_many_customers_are_uniform(kind: Kind, month: int) -> None:
    drawn = MANY.uniform(kind, month)
    assert drawn.min() > 0
    assert drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4


def test_draws_of_one_customer_over_months_and_actions_are_uniform() -> None:
    one = luck_of(7, np.array([12]))
    months = np.concatenate([one.uniform(Kind.WANT, month, 17).ravel() for month in range(1000)])
    assert stats.kstest(months, "uniform").pvalue > 1e-4


def test_normal_draws_are_normal() -> None:
    assert stats.kstest(MANY.normal(Kind.PRESSURE, 3), "norm").pvalue > 1e-4


def test_kinds_months_actions_customers_and_seeds_are_independent() -> None:
    drawn = [
        MANY.uniform(Kind.ACCEPT, 3),
        MANY.uniform(Kind.ACCEPT, 4),
        MANY.uniform(Kind.SPEAK, 3),
        *MANY.uniform(Kind.ACCEPT, 3, 3).T,
        MANY.again(1).uniform(Kind.ACCEPT, 3),
        luck_of(8, np.arange(20_000)).uniform(Kind.ACCEPT, 3),
        np.roll(MANY.uniform(Kind.ACCEPT, 3), 1),
    ]
    for one, other in itertools.combinations(drawn, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4.5 / np.sqrt(20_000)


def test_a_customer_draws_the_same_among_few_and_many_and_in_any_order() -> None:
    some = luck_of(7, np.array([19, 3]))
    assert some.uniform(Kind.WANT, 2).tolist() == MANY.uniform(Kind.WANT, 2)[[19, 3]].tolist()
    assert MANY.take(np.array([19, 3])).uniform(Kind.WANT, 2).tolist() == some.uniform(Kind.WANT, 2).tolist()


def test_an_action_draws_the_same_alone_and_among_all() -> None:
    actions = np.arange(20_000) % 27
    every = MANY.uniform(Kind.ACCEPT, 5, 27)
    assert (MANY.uniform(Kind.ACCEPT, 5, actions) == every[np.arange(20_000), actions]).all()


def test_luck_number_nought_is_the_luck_that_is_played() -> None:
    assert MANY.again(0) is MANY
    assert (MANY.again(2).uniform(Kind.WANT) == MANY.again(2).uniform(Kind.WANT)).all()
