"""Forecasts month by month, and what the last month says of the next."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.binary import calibration_line, log_loss
from training.evaluation.forecasts import forward, judged, recalibrated
from training.fit.response import sigmoid

MONTH = np.repeat(np.arange(8), 1500)
LOGITS = np.random.default_rng(1).normal(-1.0, 1.0, len(MONTH))


def yes(logits: np.ndarray) -> np.ndarray:
    return (np.random.default_rng(2).random(len(logits)) < sigmoid(logits)).astype(float)


def test_a_month_is_foretold_from_the_months_before_it_alone() -> None:
    asked = []

    def predict(before: np.ndarray, now: np.ndarray) -> np.ndarray:
        asked.append((before.tolist(), now.tolist()))
        return np.full(len(now), float(len(before)))

    found = forward(np.array([0, 1, 0, 2, 1]), 1, predict)
    assert asked == [([0, 2], [1, 4]), ([0, 1, 2, 4], [3])]
    assert found.tolist()[1:] == pytest.approx([2.0, np.nan, 4.0, 2.0], nan_ok=True)


def test_what_is_wrong_alike_every_month_is_set_right_from_the_second_on() -> None:
    labels = yes(LOGITS)
    after = recalibrated(MONTH, labels, sigmoid(2.0 * LOGITS + 1.0))
    assert np.isnan(after).tolist() == (MONTH == 0).tolist()
    use = MONTH > 0
    shift, slope = calibration_line(labels[use], np.log(after[use]) - np.log1p(-after[use]))
    assert slope == pytest.approx(1.0, abs=0.07)
    assert shift == pytest.approx(0.0, abs=0.12)


def test_a_later_label_changes_no_earlier_forecast() -> None:
    labels = yes(LOGITS)
    other = np.where(MONTH >= 4, 1.0 - labels, labels)
    p = sigmoid(LOGITS)
    one, two = (recalibrated(MONTH, some, p) for some in (labels, other))
    assert (one[(MONTH > 0) & (MONTH <= 4)] == two[(MONTH > 0) & (MONTH <= 4)]).all()
    assert (one[MONTH == 5] != two[MONTH == 5]).all()


def test_ten_calls_move_little_and_a_thousand_much() -> None:
    p = np.full(1010, 0.5)
    few, many = (
        recalibrated(np.r_[np.zeros(size, int), np.ones(1010 - size, int)], np.ones(1010), p)[-1]
        for size in (10, 1000)
    )
    assert 0.7 < few < 0.9
    assert many > 0.97


def test_a_level_that_swings_from_month_to_month_makes_the_last_one_a_bad_guide() -> None:
    swing, steady = LOGITS + np.where(MONTH % 2, 1.5, -1.5), LOGITS + 1.5
    for truth, helps in ((swing, False), (steady, True)):
        labels, before = yes(truth), sigmoid(LOGITS)
        after = recalibrated(MONTH, labels, before)
        late = MONTH > 0
        losses = [log_loss(labels[late], p[late]) for p in (before, after)]
        assert (losses[1] < losses[0]) == helps


def test_true_forecasts_have_a_slope_whose_interval_holds_one() -> None:
    found = judged(yes(LOGITS), sigmoid(LOGITS), 1, 50)
    assert found["slope"].low < 1.0 < found["slope"].high
    assert found["Brier"].low < found["Brier"].mean < found["Brier"].high
    assert found["AUC"].low > 0.5
