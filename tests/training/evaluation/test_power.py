"""How many units an effect needs: the numbers of statsmodels and tea-tasting."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.power import TTestIndPower
from tea_tasting.metrics import Mean

from training.evaluation.confidence_sequence import times_error
from training.evaluation.power import (
    least_effect,
    power,
    power_any_time,
    units_needed,
    units_needed_any_time,
)

THEIRS = TTestIndPower()


@pytest.mark.parametrize("ratio", [1.0, 19.0, 0.25])
def test_power_is_that_of_statsmodels(ratio: float) -> None:
    for n in (20, 400, 5000):
        theirs = THEIRS.power(0.1, n, 0.05, ratio=ratio)
        assert power(0.4, n, 16.0, ratio=ratio) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("ratio", [1.0, 19.0, 0.25])
def test_units_and_effects_are_those_of_statsmodels(ratio: float) -> None:
    n = THEIRS.solve_power(0.1, alpha=0.05, power=0.8, ratio=ratio)
    assert units_needed(-0.4, 16.0, ratio=ratio) == pytest.approx(n, rel=1e-6)
    effect = least_effect(500, 16.0, ratio=ratio, wanted=0.9) / 4.0
    assert THEIRS.power(effect, 500, 0.05, ratio=ratio) == pytest.approx(0.9, abs=1e-9)


def test_units_are_those_of_tea_tasting_with_cuped() -> None:
    dice = np.random.default_rng(3)
    before = dice.normal(50.0, 10.0, 2000)
    margin = before + dice.normal(0.0, 8.0, 2000)
    table = {"margin": margin, "before": before}
    metric = Mean("margin", "before", effect_size=1.0, n_obs=None)
    theirs = metric.solve_power(pl.DataFrame(table), "n_obs")[0].n_obs
    slope = np.cov(margin, before)[0, 1] / before.var(ddof=1)
    left = (margin - slope * before).var(ddof=1)
    assert 2.0 * units_needed(1.0, left) == pytest.approx(theirs, abs=1.0)


def test_units_and_effect_are_the_inverse_of_each_other() -> None:
    assert least_effect(units_needed(0.37, 9.0), 9.0) == pytest.approx(0.37, rel=1e-6)
    assert units_needed(1.0, 1e-4) == 2.0


def test_deciding_by_the_sequence_costs_about_twice_the_units() -> None:
    one_look, any_time = units_needed(0.1, 1.0), units_needed_any_time(0.1, 1.0)
    assert any_time / one_look == pytest.approx(((3.035 + 0.842) / (1.96 + 0.842)) ** 2, abs=0.01)
    assert power_any_time(0.1, any_time, 1.0) == pytest.approx(0.8)
    reach = times_error(2 * any_time, 0.05, 2 * any_time) * np.sqrt(2 / any_time)
    assert reach == pytest.approx(0.1 * 3.035 / (3.035 + 0.842), rel=1e-3)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: units_needed(0.0, 1.0), "effect that is not 0"),
        (lambda: units_needed_any_time(1.0, 0.0), "variance above 0"),
        (lambda: least_effect(1.0, 1.0), "two units"),
        (lambda: units_needed_any_time(1e-9, 1.0), "larger effect"),
    ],
)
def test_what_cannot_be_is_said(ask: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ask()  # type: ignore[operator]
