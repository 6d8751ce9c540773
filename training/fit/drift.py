"""What is popular changes: with dates, older acquisitions may count for less."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from training.fit.examples import inner_splits
from training.fit.softmax import INTERCEPT_PENALTY, fit_softmax, mean_loss

if TYPE_CHECKING:
    from training.fit.examples import Examples

HALF_LIVES = (None, 365.0, 180.0, 90.0, 45.0)
"""Days."""


def aged(examples: Examples, half_life: float | None) -> Examples:
    """The same lines, each weighing half as much for every half-life before the last one."""
    if half_life is None or examples.time is None or not len(examples):
        return examples
    age = examples.time.max() - examples.time
    return replace(examples, weight=examples.weight * 0.5 ** (age / half_life))


def best_half_life(examples: Examples, seed: int) -> float | None:
    """The half-life (days) with which popularity predicts the last quarter of the training part best; None: none."""
    splits = inner_splits(examples, seed)
    if examples.time is None or not splits:
        return None
    fit, hold = examples.take(splits[0][0]), examples.take(splits[0][1])

    def loss(half_life: float | None) -> float:
        _, bias = fit_softmax(aged(fit, half_life), np.ones((len(fit), 1)), np.array([INTERCEPT_PENALTY]))
        return mean_loss(np.repeat(bias, len(hold), axis=0), hold)

    return min(HALF_LIVES, key=loss)
