"""Popularity by segment: popularity among customers who share one fact, or the number of holdings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.fit import popularity
from training.fit.calibration import TUNING_LINES, assembled, latest_bias, no_scores, prior_only
from training.fit.examples import at_most, inner_splits
from training.fit.method import Fitted, Method
from training.fit.softmax import INTERCEPT_PENALTY, ROUGHLY, counts_of, fit_softmax, losses

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples, Indices
    from training.fit.method import Settings

SEGMENT_PENALTY = 1.0
COUNT = "number of holdings"
NONE = "none"


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """The segment that pays inside the training part by more than two standard errors; no segment when none does."""
    segment = _choose(examples, seed) if chosen is None else str(chosen["segment"])
    if segment == NONE:
        model = popularity.fit(examples, seed).model
        return Fitted(
            assembled(NAME, examples, no_scores(examples), 0.0, _rows_of(model.intercept, examples)),
            {"segment": NONE},
        )
    B = prior_only(examples)
    rows = np.r_[0, 1 + _columns(examples, segment)]
    B[rows] = weights = _weights(examples, segment)
    B[0] += latest_bias(lambda some: _design(some, segment) @ weights, examples, seed)
    return Fitted(assembled(NAME, examples, no_scores(examples), 0.0, B), {"segment": segment})


def _choose(examples: Examples, seed: int) -> str:
    splits = inner_splits(examples, seed)
    if not splits:
        return NONE
    train, held = (at_most(examples.take(rows), TUNING_LINES, seed) for rows in splits[0])
    plain = losses(np.ones((len(held), 1)) @ _weights(train, NONE, ROUGHLY), held)
    best, best_gain = NONE, 0.0
    for segment in (COUNT, *examples.space.encoder.spans()):
        gain = held.weight * (
            plain - losses(_design(held, segment) @ _weights(train, segment, ROUGHLY), held)
        )
        mean, error = gain.mean(), gain.std() / np.sqrt(len(gain))
        if mean > max(2.0 * error, best_gain):
            best, best_gain = segment, float(mean)
    return best


def _weights(examples: Examples, segment: str, tolerance: float = 1e-6) -> Floats:
    design = _design(examples, segment)
    penalty = np.r_[INTERCEPT_PENALTY, np.full(design.shape[1] - 1, SEGMENT_PENALTY)]
    return fit_softmax(examples, design, penalty, tolerance=tolerance)[1]


def _design(examples: Examples, segment: str) -> Floats:
    both = np.hstack([examples.facts, counts_of(examples)])
    return np.hstack([np.ones((len(examples), 1)), both[:, _columns(examples, segment)]])


def _columns(examples: Examples, segment: str) -> Indices:
    """Among facts and counts, the columns that make the segment."""
    k = examples.space.encoder.size
    if segment == NONE:
        return np.arange(0)
    if segment == COUNT:
        return np.arange(k, k + counts_of(examples.take(np.arange(0))).shape[1])
    return np.arange(k)[examples.space.encoder.spans()[segment]]


def _rows_of(intercept: Floats, examples: Examples) -> Floats:
    B = prior_only(examples)
    B[0] = intercept
    return B


NAME = "popularity_by_segment"
METHOD = Method(NAME, "Popularity by segment", fit)
