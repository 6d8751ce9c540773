"""Measures for yes or no: labels (n,) of 0 and 1 against probabilities (n,).

Ordering (AUC), sharpness and truth together (Brier, log-loss), truth alone (ECE, calibration slope).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

if TYPE_CHECKING:
    from models.features import Floats

EDGE = 1e-12
"""Probabilities are kept this far from 0 and 1 where a logarithm is taken."""


def auc(labels: Floats, probabilities: Floats) -> float:
    """The chance that a yes ranks above a no, ties counting half (Mann-Whitney). NaN without both kinds."""
    yes = labels > 0
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    if not n_yes or not n_no:
        return float("nan")
    ranks = rankdata(probabilities)
    return float((ranks[yes].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def brier(labels: Floats, probabilities: Floats) -> float:
    """Mean squared distance between probability and label."""
    return float(np.mean((probabilities - labels) ** 2))


def log_loss(labels: Floats, probabilities: Floats, weight: Floats | None = None) -> float:
    """Mean negative log-likelihood, in nats; `weight` (n,) where rows stand for more than themselves."""
    return float(np.average(losses(labels, probabilities), weights=weight))


def losses(labels: Floats, probabilities: Floats) -> Floats:
    """(n,) The negative log-likelihood of each."""
    p = np.clip(probabilities, EDGE, 1.0 - EDGE)
    return np.asarray(-(labels * np.log(p) + (1.0 - labels) * np.log1p(-p)))


def reliability(labels: Floats, probabilities: Floats, bins: int = 10) -> Floats:
    """(bins, 3): mean probability, share of yes and number of rows in bins of equal mass, lowest first. Empty bins are left out."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    return np.array([[probabilities[part].mean(), labels[part].mean(), part.size] for part in parts])


def ece(labels: Floats, probabilities: Floats, bins: int = 10) -> float:
    """Expected calibration error: the mean gap between probability and share of yes over bins of equal mass."""
    table = reliability(labels, probabilities, bins)
    return float(np.average(np.abs(table[:, 0] - table[:, 1]), weights=table[:, 2]))


def calibration_line(
    labels: Floats, logits: Floats, weight: Floats | None = None, *, slope_error: float = np.inf
) -> tuple[float, float]:
    """(intercept, slope) of the logistic regression of the label on the logit: (0, 1) is calibrated, a slope below 1 too sure.

    `slope_error`: how far from 1 the slope is expected beforehand, as a standard deviation; without it the data alone speak. Newton's
    method on two parameters, each step halved until the loss does not rise. (0, 1) when there is nothing to fit: one kind of label, or one logit.
    """
    if np.ptp(labels) == 0 or np.ptp(logits) < EDGE:
        return 0.0, 1.0
    design = np.column_stack([np.ones_like(logits), logits])
    line = np.array([0.0, 1.0])
    w = np.ones_like(logits) if weight is None else weight
    expected = np.diag([0.0, 1.0 / slope_error**2])

    def loss(line: Floats) -> float:
        z, off = design @ line, line - (0.0, 1.0)
        return float(w @ (np.logaddexp(0.0, z) - labels * z) + 0.5 * off @ expected @ off)

    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ line, -50.0, 50.0)))
        curvature = design.T @ (design * (w * p * (1.0 - p))[:, None]) + 1e-9 * np.eye(2) + expected
        step = np.linalg.solve(curvature, design.T @ (w * (labels - p)) - expected @ (line - (0.0, 1.0)))
        # Separable labels have no end: walk there in bounded steps. The whole step is shortened, or it might lead uphill.
        step = step / max(1.0, np.abs(step).max() / 2.0)
        while loss(line + step) > loss(line) * (1.0 + 1e-12):
            step = step / 2.0  # a whole step can leap over the best line, and back again
        line = line + step
        if np.abs(step).max() < 1e-10:
            break
    return float(line[0]), float(line[1])


def calibration_slope(labels: Floats, probabilities: Floats) -> float:
    """The slope of `calibration_line` on the logit of the probabilities."""
    p = np.clip(probabilities, EDGE, 1.0 - EDGE)
    return calibration_line(labels, np.log(p) - np.log1p(-p))[1]
