"""Whether as many said yes as was foretold: the slope of the calibration line and the mean distance, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.binary import EDGE, calibration_line, reliability
from training.measured.intervals import SEED, Estimate

if TYPE_CHECKING:
    from models.features import Floats

DRAWS = 2000


def slope(labels: Floats, probabilities: Floats) -> Estimate:
    """The slope of the calibration line, with the interval that the curvature of its likelihood gives."""
    p = np.clip(probabilities, EDGE, 1.0 - EDGE)
    logits = np.log(p) - np.log1p(-p)
    intercept, found = calibration_line(labels, logits)
    fitted = 1.0 / (1.0 + np.exp(-(intercept + found * logits)))
    weight = fitted * (1.0 - fitted)
    middle = np.average(logits, weights=weight)
    reach = 1.959963984540054 / np.sqrt(np.sum(weight * (logits - middle) ** 2))
    return Estimate(found, found - float(reach), found + float(reach), labels.size)


def calibration_error(labels: Floats, probabilities: Floats) -> Estimate:
    """The expected calibration error over ten bins; the interval draws again who leaves of each bin, at the share that left of it."""
    bins = reliability(labels, probabilities)
    predicted, observed, size = bins.T
    draws = np.random.default_rng(SEED).binomial(size.astype(np.int64), observed, (DRAWS, len(size))) / size
    low, high = np.quantile(np.abs(draws - predicted) @ size / size.sum(), [0.025, 0.975])
    value = float(np.abs(observed - predicted) @ size / size.sum())
    return Estimate(value, min(float(low), value), max(float(high), value), labels.size)
