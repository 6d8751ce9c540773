"""Popularity: what others acquired, among what this customer may still acquire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.fit.calibration import assembled, latest_bias, no_scores, prior_only
from training.fit.method import Fitted, Method
from training.fit.softmax import INTERCEPT_PENALTY, fit_softmax

if TYPE_CHECKING:
    from training.fit.examples import Examples
    from training.fit.method import Settings


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """One weight a product, so that shares among what may be acquired fit best."""
    del chosen  # there is nothing to choose
    B = prior_only(examples)
    _, bias = fit_softmax(examples, np.ones((len(examples), 1)), np.array([INTERCEPT_PENALTY]))
    B[0] = bias[0] + latest_bias(lambda some: np.repeat(bias, len(some), axis=0), examples, seed)
    return Fitted(assembled("popularity", examples, no_scores(examples), 0.0, B), {})


METHOD = Method("popularity", "Popularity", fit)
