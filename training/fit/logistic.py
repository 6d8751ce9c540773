"""One logistic regression a product: does a customer with these other holdings have it, or, with dates, acquire it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from models.scores import Linear
from training.fit.calibration import calibrated
from training.fit.method import Fitted, Method

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples
    from training.fit.method import Settings

STRENGTHS: list[dict[str, Any]] = [{"l2": 1.0}, {"l2": 10.0}, {"l2": 0.1}]


def fit(examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
    """The strength l2 is chosen inside the training part; what facts add beside holdings, the calibration fits."""
    return calibrated("logistic", examples, seed, STRENGTHS, _scores, chosen)


def _scores(examples: Examples, settings: dict[str, Any]) -> Linear:
    """Log-odds of each product from the other holdings. The facts take part in the fit, so that holdings do not stand for them."""
    p = examples.n_products
    if examples.time is None:
        holdings = examples.final_holdings()
        facts = examples.facts[examples.last_lines()]
        target, cell = holdings, np.ones_like(holdings)
        free = 1.0 - np.eye(p)
    else:
        holdings, facts, free = examples.holdings, examples.facts, np.ones((p, p))
        target = np.eye(p)[examples.label]
        cell = examples.allowed * examples.weight[:, None]
    features = np.hstack([np.ones((len(holdings), 1)), facts, holdings])
    may_differ = np.vstack([np.ones((features.shape[1] - p, p)), free])
    return Linear(regress(features, target, cell, may_differ, float(settings["l2"]))[-p:])


def regress(features: Floats, target: Floats, cell: Floats, free: Floats, l2: float) -> Floats:
    """(d, P): one penalised logistic regression a column of `target` (n, P), solved together.

    features (n, d), the first column ones and unpenalised but for a trace; cell (n, P) weights, 0 leaves a cell out; free (d, P) is 0
    where a weight has to stay 0.
    """
    d, p = features.shape[1], target.shape[1]
    ridge = np.r_[0.01, np.full(d - 1, l2)][:, None]
    transposed = np.ascontiguousarray(features.T)

    def objective(theta: Floats) -> tuple[float, Floats]:
        B = theta.reshape(d, p)
        logits = features @ B
        small = np.exp(-np.abs(logits))  # one exponential serves the loss and the probability
        loss = np.maximum(logits, 0.0) + np.log(1.0 + small) - target * logits
        residual = cell * (np.where(logits >= 0.0, 1.0, small) / (1.0 + small) - target)
        value = float(np.vdot(cell, loss)) + 0.5 * float((ridge * B * B).sum())
        return float(value), ((transposed @ residual + ridge * B) * free).ravel()

    options = {"maxiter": 200, "ftol": 1e-5, "maxcor": 20}
    found = minimize(objective, np.zeros(d * p), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x, dtype=np.float64).reshape(d, p)


METHOD = Method("logistic", "One logistic a product", fit)
