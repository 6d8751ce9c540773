"""EASE: a linear reconstruction of the holdings in closed form (Steck, 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.scores import Linear
from training.fit.calibration import calibrated
from training.fit.method import Fitted, Method

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples
    from training.fit.method import Settings

STRENGTHS: list[dict[str, Any]] = [{"l2": 30.0}, {"l2": 3.0}, {"l2": 100.0}, {"l2": 300.0}, {"l2": 1000.0}]


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """The strength l2 is chosen inside the training part."""
    return calibrated("ease", examples, seed, STRENGTHS, _scores, chosen)


def weights(gram: Floats, l2: float) -> Floats:
    """B = I - P / diag(P), P = (G + l2·I)^-1, from the Gram matrix G = X'X (P, P); diagonal 0."""
    inverse = np.linalg.inv(gram + l2 * np.eye(len(gram)))
    B = inverse / -np.diag(inverse)
    np.fill_diagonal(B, 0.0)
    return B


def _scores(examples: Examples, settings: dict[str, Any]) -> Linear:
    matrix = examples.final_holdings()
    return Linear(weights(matrix.T @ matrix, float(settings["l2"])))


METHOD = Method("ease", "EASE", fit)
