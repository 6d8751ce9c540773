"""Estimates drawn towards no effect, and towards those of their family."""

from __future__ import annotations

import numpy as np

from training.fit.shrinkage import shrunk


def test_noise_around_nothing_becomes_nearly_nothing() -> None:
    noise = 0.3 * np.random.default_rng(2).normal(size=15)
    mean, deviation = shrunk(noise, np.full(15, 0.3), [str(i) for i in range(15)])
    assert np.abs(mean).max() < 0.35 * np.abs(noise).max()
    assert (np.abs(mean) < 1.96 * deviation).all()


def test_sure_estimates_stay_where_they_are() -> None:
    effects = np.array([-0.8, 0.5, 0.0, -0.4])
    mean, deviation = shrunk(effects, np.full(4, 0.02), list("abcd"))
    assert np.abs(mean - effects).max() < 0.01
    assert np.allclose(deviation, 0.02, rtol=0.1)


def test_it_lowers_the_error_of_true_effects() -> None:
    rng = np.random.default_rng(7)
    raw, better = [], []
    for _ in range(30):
        true = rng.normal(0, 0.25, 12)
        error = rng.uniform(0.1, 0.4, 12)
        estimate = rng.normal(true, error)
        raw.append(((estimate - true) ** 2).mean())
        better.append(((shrunk(estimate, error, [str(i) for i in range(12)])[0] - true) ** 2).mean())
    assert np.mean(better) < 0.8 * np.mean(raw)


def test_a_family_lends_its_members_what_they_have_in_common() -> None:
    estimate = np.array([-0.6, -0.5, -0.55, 0.0, 0.1, -0.1, -0.3])
    error = np.r_[np.full(6, 0.15), 0.6]
    alone, _ = shrunk(estimate, error, list("abcdefg"))
    together, _ = shrunk(estimate, error, list("aaabbba"))
    assert together[6] < alone[6]


def test_what_all_have_in_common_is_not_the_middle() -> None:
    mean, _ = shrunk(np.full(8, -0.5), np.full(8, 0.4), [str(i) for i in range(8)])
    assert (mean > -0.45).all()


def test_nothing_to_shrink_is_nothing() -> None:
    mean, deviation = shrunk(np.array([]), np.array([]), [])
    assert (mean.size, deviation.size) == (0, 0)
