"""Effects are shrunk as far as the data say they differ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from training.fit.hierarchy import Posterior, fit_groups, groups_of


def fitted(effects: np.ndarray, each: int, seed: int = 1) -> Posterior:
    """Yes or no, `each` times for every effect."""
    dice = np.random.default_rng(seed)
    place = np.repeat(np.arange(len(effects)), each)
    y = (dice.random(len(place)) < 1 / (1 + np.exp(-(effects[place] - 1.0)))).astype(float)
    groups = groups_of(
        ("level", 1, 1.0, False), ("of_each", len(effects), 0.3, False), ("none", 0, 0.3, False)
    )
    design = np.concatenate([np.ones((len(place), 1)), np.eye(len(effects))[place]], axis=1)
    return fit_groups(csr_matrix(design), y, np.full(len(place), -1.0), groups)


def test_effects_that_do_not_differ_are_shrunk_to_nothing_and_those_that_do_are_found() -> None:
    alike = fitted(np.zeros(60), 40)
    assert alike.spreads["of_each"] < 0.2
    assert np.abs(alike.mode[1:]).max() < 0.2
    true = np.random.default_rng(3).normal(0.0, 1.0, 60)
    differ = fitted(true, 40)
    assert 0.7 < differ.spreads["of_each"] < 1.4
    assert np.corrcoef(differ.mode[1:], true)[0, 1] > 0.85


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = []
    for seed in range(20):
        true = np.random.default_rng(100 + seed).normal(0.0, 0.5, 30)
        found = fitted(true, 40, seed)
        combination = np.concatenate([np.ones((30, 1)), np.eye(30)], axis=1)
        mean, error = found.of(combination)
        covered.extend(np.abs(mean - true) < 1.96 * error)
    assert 0.90 <= np.mean(covered) <= 0.98


def test_far_from_the_mode_no_step_leaps_over_it() -> None:
    dice = np.random.default_rng(5)
    X = np.concatenate([np.ones((400, 1)), 4.0 * dice.normal(size=(400, 3))], axis=1)
    y = (dice.random(400) < 1 / (1 + np.exp(-(X @ [-1.0, 2.0, -2.0, 1.0])))).astype(float)
    groups, offset = groups_of(("every", 4, 10.0, True)), 10.0 * X[:, 1]
    mode = fit_groups(X, y, offset, groups).mode
    chance = 1 / (1 + np.exp(-(offset + X @ mode)))
    assert np.abs(X.T @ (y - chance) - mode / 100.0).max() < 1e-3


def test_without_rows_the_guess_stands() -> None:
    groups = groups_of(("level", 2, 1.0, False))
    found = fit_groups(csr_matrix((0, 2)), np.zeros(0), np.zeros(0), groups)
    assert found.mode.tolist() == [0.0, 0.0]
    assert found.of(np.eye(2))[1] == pytest.approx([1.0, 1.0], abs=0.02)
