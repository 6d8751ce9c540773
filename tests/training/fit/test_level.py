import numpy as np
import pytest

from training.fit.level import balance, level_now

EXPECTED = np.full(24, 100.0)


def months(levels: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(EXPECTED[: levels.size] * np.exp(levels)).astype(float)


def test_drift_that_stays_is_followed() -> None:
    rising = np.linspace(-0.5, 0.5, 24)
    found = [level_now(months(rising, seed), EXPECTED) for seed in range(10)]
    assert np.mean(found) == pytest.approx(0.45, abs=0.1)


def test_a_jump_is_followed() -> None:
    jump = np.where(np.arange(24) < 14, -0.2, 0.3)
    assert np.mean([level_now(months(jump, seed), EXPECTED) for seed in range(10)]) == pytest.approx(
        0.28, abs=0.1
    )


def test_shocks_that_pass_and_chance_are_no_drift() -> None:
    dice = np.random.default_rng(1)
    found = [level_now(months(dice.normal(scale=0.25, size=24), seed), EXPECTED) for seed in range(20)]
    assert np.abs(found).max() < 0.1
    assert np.abs(found).mean() < 0.02


def test_a_wave_that_comes_round_every_year_is_mostly_let_pass() -> None:
    season = 0.3 * np.cos(2 * np.pi * np.arange(24) / 12 + 0.5)  # at its height in the last month
    found = [level_now(months(season, seed), EXPECTED) for seed in range(10)]
    assert (
        np.mean(found) < 0.15
    )  # half of where the last month stands, when it stays and dies away are told apart by nothing


def test_a_shock_in_the_last_month_is_mostly_let_pass() -> None:
    last = np.zeros(24)
    last[-1] = 0.5
    assert np.mean([level_now(months(last, seed), EXPECTED) for seed in range(10)]) < 0.2


def test_four_months_say_nothing() -> None:
    assert level_now(np.array([10.0, 20.0, 40.0, 80.0]), np.full(4, 40.0)) == 0.0


def test_as_many_are_expected_to_leave_as_left() -> None:
    dice = np.random.default_rng(0)
    logits, weight = dice.normal(size=400) - 1.0, dice.uniform(0.5, 2.0, 400)
    churned = (dice.random(400) < 0.2).astype(float)
    chances = 1 / (1 + np.exp(-(logits + balance(churned, logits, weight))))
    assert weight @ chances == pytest.approx(weight @ churned)


def test_a_level_of_few_months_is_drawn_to_nothing() -> None:
    nobody, logits = np.zeros(10), np.full(10, -2.0)
    assert balance(nobody, logits, np.ones(10), unsure=0.5) == pytest.approx(-0.24, abs=0.02)
