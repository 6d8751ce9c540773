import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as log_loss_by_sklearn

from training.evaluation.binary import (
    auc,
    brier,
    calibration_line,
    calibration_slope,
    ece,
    log_loss,
    reliability,
)

DICE = np.random.default_rng(7)
P = DICE.uniform(0.02, 0.9, 4000).round(2)
Y = (DICE.uniform(size=4000) < P).astype(float)


def test_measures_agree_with_scikit_learn() -> None:
    assert auc(Y, P) == pytest.approx(roc_auc_score(Y, P), abs=1e-12)
    assert brier(Y, P) == pytest.approx(brier_score_loss(Y, P), abs=1e-12)
    assert log_loss(Y, P) == pytest.approx(log_loss_by_sklearn(Y, P), abs=1e-12)


def test_ties_count_half() -> None:
    assert auc(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == 0.5


def test_without_both_kinds_there_is_no_ranking_to_judge() -> None:
    assert np.isnan(auc(np.ones(3), P[:3]))


def test_a_gap_of_a_tenth_in_every_bin_is_an_ece_of_a_tenth() -> None:
    labels = np.tile([1.0, 0.0, 0.0, 0.0, 0.0], 20)
    assert ece(labels, np.full(100, 0.3)) == pytest.approx(0.1)


def test_bins_hold_equal_mass_and_empty_ones_are_left_out() -> None:
    assert reliability(Y, P)[:, 2].tolist() == [400.0] * 10
    assert reliability(Y[:3], P[:3]).shape == (3, 3)


def test_true_probabilities_have_slope_one() -> None:
    assert calibration_slope(Y, P) == pytest.approx(1.0, abs=0.08)


def test_doubled_logits_are_halved_by_the_line() -> None:
    logits = np.log(P) - np.log1p(-P)
    shift, slope = calibration_line(Y, logits)
    assert calibration_line(Y, 2.0 * logits + 1.0) == pytest.approx((shift - slope / 2, slope / 2), abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "logits"), [(np.ones(4), np.arange(4.0)), (np.array([0.0, 1.0]), np.zeros(2))]
)
def test_nothing_to_fit_leaves_the_line_as_it_is(labels: np.ndarray, logits: np.ndarray) -> None:
    assert calibration_line(labels, logits) == (0.0, 1.0)


def test_separable_labels_end_in_finite_numbers() -> None:
    assert np.isfinite(
        calibration_line(np.array([0.0, 0.0, 1.0, 1.0]), np.array([-1.0, -0.5, 0.5, 1.0]))
    ).all()


def test_forecasts_that_are_far_too_high_are_not_called_calibrated() -> None:
    """Whole steps of Newton's method leap to and fro there and end where they began."""
    logits = np.r_[np.full(3600, 3.3), np.full(2400, 1.3), np.full(9000, -2.4)]
    labels = np.r_[np.ones(190), np.zeros(3410), np.ones(430), np.zeros(1970), np.ones(540), np.zeros(8460)]
    intercept, slope = calibration_line(labels, logits)
    p = 1.0 / (1.0 + np.exp(-(intercept + slope * logits)))
    assert [(labels - p).sum(), ((labels - p) * logits).sum()] == pytest.approx([0.0, 0.0], abs=1e-4)


def test_a_line_far_from_where_the_search_begins_is_found() -> None:
    """Logits bunched far from 0: a long step in the shift and a short one in the slope, of which both must be shortened alike."""
    dice = np.random.default_rng(3)
    logits = -4.2 + 0.3 * dice.normal(size=5000)
    labels = (dice.random(5000) < 1.0 / (1.0 + np.exp(-(3.4 + 1.8 * logits)))).astype(float)
    intercept, slope = calibration_line(labels, logits)
    p = 1.0 / (1.0 + np.exp(-(intercept + slope * logits)))
    assert [(labels - p).sum(), ((labels - p) * logits).sum()] == pytest.approx([0.0, 0.0], abs=1e-4)
