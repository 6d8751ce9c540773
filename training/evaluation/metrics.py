"""How good a ranking and its probabilities are. All products a customer may still acquire are ranked, none is sampled.

`scores` (n, P) are anything that orders; `probabilities` (n, P) sum to 1 over what is allowed; label (n,) is what was acquired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Flags, Indices

SMALLEST = 1e-12


def ranks(scores: Floats, allowed: Flags, label: Indices) -> Indices:
    """The place of the label among what is allowed, from 1, (n,). Ties go to the product that comes first."""
    masked = np.where(allowed, scores, -np.inf)
    own = masked[np.arange(len(label)), label][:, None]
    before = (masked > own) | ((masked == own) & (np.arange(scores.shape[1]) < label[:, None]))
    return np.asarray((before & allowed).sum(axis=1) + 1)


def hits(rank: Indices, event: Indices, k: int) -> Floats:
    """Per event, in order of event: 1 when any product of it is among the first k."""
    best = np.full(event.max() + 1, np.iinfo(np.intp).max, dtype=np.intp)
    np.minimum.at(best, event, rank)
    return (best <= k).astype(np.float64)


def average_precision(rank: Indices, event: Indices, k: int = 7) -> Floats:
    """Per event: the mean over its products of precision at their places, places after k counting 0."""
    order = np.lexsort((rank, event))
    first = np.searchsorted(event[order], event[order])
    nth = np.arange(len(rank)) - first + 1
    gain = np.where(rank[order] <= k, nth / rank[order], 0.0)
    size = np.bincount(event)
    return np.bincount(event[order], weights=gain) / np.minimum(size, k)


def log_losses(probabilities: Floats, label: Indices) -> Floats:
    """-ln of the probability of what was acquired, (n,)."""
    return -np.log(np.maximum(probabilities[np.arange(len(label)), label], SMALLEST))


class Bin(NamedTuple):
    """Cells of about the same probability: its mean, the share that happened, how many cells."""

    predicted: float
    observed: float
    cells: int


def calibration_bins(probability: Floats, happened: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equal mass, from the smallest probabilities to the largest."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return tuple(
        Bin(float(probability[part].mean()), float(happened[part].mean()), len(part)) for part in parts
    )


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """The mean distance between predicted and observed, weighted by cells."""
    return sum(bin_.cells * abs(bin_.predicted - bin_.observed) for bin_ in bins) / sum(
        bin_.cells for bin_ in bins
    )


def calibration_slope(probability: Floats, happened: Floats) -> float:
    """The slope of a logistic regression of what happened on the logit: 1 is calibrated, below 1 too sure of itself."""
    clipped = np.clip(probability, SMALLEST, 1.0 - 1e-9)
    logit = np.log(clipped) - np.log1p(-clipped)

    def objective(theta: Floats) -> tuple[float, Floats]:
        line = theta[0] + theta[1] * logit
        residual = 0.5 + 0.5 * np.tanh(0.5 * line) - happened
        loss = np.mean(np.logaddexp(0.0, line) - happened * line)
        return float(loss), np.array([residual.mean(), (residual * logit).mean()])

    return float(minimize(objective, np.array([0.0, 1.0]), jac=True, method="BFGS").x[1])
