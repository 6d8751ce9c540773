"""Whoever looks every day is wrong no more often than he was told."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from training.evaluation.confidence_sequence import p_any_time, rho_squared, times_error
from training.evaluation.difference import Outcomes, difference

Z = 1.959964


def test_the_formula_is_that_of_the_paper() -> None:
    n, rho2 = 1234.0, rho_squared(5000, 0.05)
    paper = sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * log(sqrt(n * rho2 + 1) / 0.05))
    assert times_error(n, 0.05) / sqrt(n) == pytest.approx(paper, rel=1e-12)


def test_rho_is_the_one_that_is_tightest_where_it_was_planned() -> None:
    def width(log_v: float) -> float:
        v = float(np.exp(log_v))
        return (1 + 1 / v) * log(sqrt(1 + v) / 0.05)

    best = minimize_scalar(width, bounds=(0.0, 5.0), method="bounded", options={"xatol": 1e-10})
    assert 700 * rho_squared(700, 0.05) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_the_width_is_one_and_a_half_times_that_of_one_look_and_little_more_far_from_the_plan() -> None:
    assert times_error(5000, 0.05) / Z == pytest.approx(1.549, abs=0.001)
    assert times_error(500, 0.05) / Z == pytest.approx(1.951, abs=0.001)
    assert times_error(50_000, 0.05) / Z == pytest.approx(1.656, abs=0.001)


@pytest.mark.parametrize("z", [1.0, 2.5, 3.0, 3.2, 6.0])
@pytest.mark.parametrize("n", [200.0, 5000.0, 80_000.0])
def test_the_p_is_below_a_level_where_the_interval_at_it_excludes_nothing(z: float, n: float) -> None:
    p = p_any_time(z, 1.0, n, 0.05)
    assert (p < 0.05) == (z > times_error(n, 0.05))
    assert 0.0 < p <= 1.0


def test_looking_every_day_at_nothing_is_rarely_an_alarm_and_often_one_by_the_t_test() -> None:
    runs, days, a_day = 120, 14, 100
    sequence = t_test = 0
    for seed in range(runs):
        dice = np.random.default_rng(seed)
        n = days * a_day
        before = dice.lognormal(3.0, 0.7, n)
        margin = 0.8 * before * (dice.random(n) > 0.05) + dice.lognormal(1.5, 0.9, n)
        treated = dice.random(n) < 0.5
        looks = []
        for day in range(1, days + 1):
            so_far = slice(0, day * a_day)
            looks.append(
                difference(Outcomes(margin[so_far], covariates=before[so_far, None]), treated[so_far])
            )
        sequence += any(one is not None and not one.any_low <= 0.0 <= one.any_high for one in looks)
        t_test += any(one is not None and not one.low <= 0.0 <= one.high for one in looks)
    assert sequence / runs <= 0.05
    assert t_test / runs >= 0.12
