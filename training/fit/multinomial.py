"""One multinomial logistic regression whose label is which product was acquired (or hidden).

It is trained on the event that is ranked: its probabilities compete with each other, as the products do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.scores import Linear
from training.fit.calibration import (
    TUNING_LINES,
    assembled,
    latest_bias,
    no_scores,
    prior_only,
    temperature,
)
from training.fit.examples import at_most, inner_splits
from training.fit.method import Fitted, Method
from training.fit.softmax import INTERCEPT_PENALTY, ROUGHLY, counts_of, fit_softmax, mean_loss

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples
    from training.fit.method import Settings

    Answer = tuple[float, Floats]

STRENGTHS = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
"""From strong to weak; the first one after which held-out loss rises ends the search."""


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """Ridge strength and temperature are chosen on held-out lines inside the training part."""
    splits = inner_splits(examples, seed)
    if not splits:
        return Fitted(assembled("multinomial", examples, no_scores(examples), 0.0, prior_only(examples)), {})
    start = None
    if chosen is None:
        fit_rows, hold_rows = splits[0]
        strength, factor, start = _choose(examples.take(fit_rows), examples.take(hold_rows), seed)
    else:
        strength, factor = float(chosen["l2"]), float(chosen["temperature"])
    B = factor * _weights(examples, strength, start)[1]
    B[0] += latest_bias(lambda some: design(some) @ B, examples, seed)
    p = examples.n_products
    model = assembled("multinomial", examples, Linear(B[-p:].copy()), 1.0, B[:-p])
    return Fitted(model, {"l2": strength, "temperature": factor})


def _choose(train: Examples, held: Examples, seed: int) -> tuple[float, float, Answer]:
    """(strength, temperature, the weights of `train`)."""
    strength, near = _tune(at_most(train, TUNING_LINES, seed), at_most(held, TUNING_LINES, seed))
    # On all lines: weights from fewer lines are surer than they should be, and would ask for too much cooling.
    found = _weights(train, strength, near, ROUGHLY)
    return strength, temperature(design(held) @ found[1], held), found


def _tune(train: Examples, held: Examples) -> tuple[float, Answer | None]:
    """The strength, and its weights."""
    best: tuple[float, Answer | None] = (STRENGTHS[0], None)
    best_loss, found = np.inf, None
    for strength in STRENGTHS:
        found = _weights(train, strength, found, ROUGHLY)
        loss = mean_loss(design(held) @ found[1], held)
        if loss >= best_loss:
            break
        best, best_loss = (strength, found), loss
    return best


def _weights(
    examples: Examples, strength: float, start: Answer | None = None, tolerance: float = 1e-6
) -> Answer:
    features = design(examples)
    penalty = np.r_[INTERCEPT_PENALTY, np.full(features.shape[1] - 1, strength)]
    return fit_softmax(examples, features, penalty, start=start, tolerance=tolerance)


def design(examples: Examples) -> Floats:
    """Ones, facts, number of holdings, holdings: (n, 1 + k + MOST_COUNTED + 1 + P)."""
    return np.hstack([np.ones((len(examples), 1)), examples.facts, counts_of(examples), examples.holdings])


METHOD = Method("multinomial", "Multinomial over the product acquired", fit)
