"""Ranks, hits, precision, losses, calibration and intervals, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluation import metrics
from training.evaluation.bootstrap import Interval, paired


def test_only_what_may_be_acquired_is_ranked_and_ties_go_to_the_first() -> None:
    scores = np.array([[9.0, 1.0, 1.0, 0.0], [0.0, 1.0, 2.0, 3.0], [-np.inf, 0.0, -np.inf, -np.inf]])
    allowed = np.array([[False, True, True, True], [True, True, True, True], [True, True, True, True]])
    assert metrics.ranks(scores, allowed, np.array([2, 1, 2])).tolist() == [2, 3, 3]


def test_an_event_hits_when_any_of_its_products_is_among_the_first() -> None:
    rank, event = np.array([4, 2, 3]), np.array([0, 0, 1])
    assert metrics.hits(rank, event, 1).tolist() == [0.0, 0.0]
    assert metrics.hits(rank, event, 2).tolist() == [1.0, 0.0]
    assert metrics.hits(rank, event, 3).tolist() == [1.0, 1.0]


def test_average_precision_counts_seven_places() -> None:
    rank, event = np.array([3, 1, 8, 2]), np.array([0, 0, 1, 2])
    assert metrics.average_precision(rank, event).tolist() == pytest.approx([(1 / 1 + 2 / 3) / 2, 0.0, 0.5])


def test_log_loss_of_an_impossible_product_is_finite() -> None:
    losses = metrics.log_losses(np.array([[0.25, 0.75], [0.0, 1.0]]), np.array([0, 0]))
    assert losses.tolist() == pytest.approx([np.log(4.0), np.log(1e12)])


def test_calibrated_probabilities_have_slope_one_and_no_error() -> None:
    generator = np.random.default_rng(0)
    probability = generator.random(40_000)
    happened = (generator.random(40_000) < probability).astype(float)
    assert metrics.calibration_slope(probability, happened) == pytest.approx(1.0, abs=0.03)
    bins = metrics.calibration_bins(probability, happened)
    assert [bin_.cells for bin_ in bins] == [4000] * 10
    assert metrics.expected_calibration_error(bins) < 0.01


def test_probabilities_too_sure_of_themselves_have_a_slope_below_one() -> None:
    generator = np.random.default_rng(0)
    logit = generator.normal(size=20_000)
    happened = (generator.random(20_000) < 1.0 / (1.0 + np.exp(-logit))).astype(float)
    assert metrics.calibration_slope(1.0 / (1.0 + np.exp(-2.0 * logit)), happened) == pytest.approx(
        0.5, abs=0.03
    )


def test_fewer_cells_than_bins_are_their_own_bins() -> None:
    bins = metrics.calibration_bins(np.array([0.9, 0.1]), np.array([1.0, 0.0]))
    assert bins == ((0.1, 0.0, 1), (0.9, 1.0, 1))
    assert metrics.expected_calibration_error(bins) == pytest.approx(0.1)


def test_the_interval_is_over_customers_and_not_over_lines() -> None:
    generator = np.random.default_rng(0)
    of_customer = generator.normal(0.1, 1.0, 400)
    customer = np.repeat(np.arange(400), 25)
    ones = np.ones(len(customer))
    interval = paired(of_customer[customer], ones, customer, seed=1)
    width = 2 * 1.96 * of_customer.std() / 20.0
    assert interval.mean == pytest.approx(of_customer.mean())
    assert interval.high - interval.low == pytest.approx(width, rel=0.1)
    assert interval == paired(of_customer[customer], ones, customer, seed=1)


def test_weights_count() -> None:
    interval = paired(np.array([1.0, 4.0]), np.array([3.0, 1.0]), np.array([0, 0]), seed=0)
    assert interval == pytest.approx((7.0 / 4.0, 7.0 / 4.0, 7.0 / 4.0))


def test_an_interval_that_touches_zero_is_no_win() -> None:
    assert Interval(0.1, 0.05, 0.2).above_zero
    assert not Interval(0.1, 0.0, 0.2).above_zero
