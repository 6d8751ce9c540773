"""Conditional logit: which of the products that may be acquired, by penalised maximum likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from models.any_purchase import MOST_COUNTED, count_of
from training.fit.coordinates import coordinates, gram_of

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Examples

ROUGHLY = 1e-5
"""Tolerance while settings are chosen: the loss is then right to three digits, which is all a choice needs."""

INTERCEPT_PENALTY = 0.1
"""Holds a product's intercept near its share of acquisitions where there is (almost) no example of it."""


def losses(logits: Floats, examples: Examples) -> Floats:
    """-ln P(label) per line, softmax over what may be acquired, (n,)."""
    masked = np.where(examples.allowed, logits, -np.inf)
    top = masked.max(axis=1)
    total = np.log(np.exp(masked - top[:, None]).sum(axis=1)) + top
    return total - logits[np.arange(len(examples)), examples.label]  # type: ignore[no-any-return]  # numpy: Any


def mean_loss(logits: Floats, examples: Examples) -> float:
    """The weighted mean of the losses."""
    return float(np.average(losses(logits, examples), weights=examples.weight))


def counts_of(examples: Examples) -> Floats:
    """(n, MOST_COUNTED + 1): one column for each number of holdings."""
    return np.eye(MOST_COUNTED + 1)[count_of(examples.holdings)]


def fit_softmax(
    examples: Examples,
    features: Floats,
    penalty: Floats,
    raw: Floats | None = None,
    start: tuple[float, Floats] | None = None,
    base: Floats | None = None,
    offset: Floats | None = None,
    tolerance: float = 1e-6,
) -> tuple[float, Floats]:
    """(scale, B): minimises  sum of weight·loss(scale·raw + ln base + Z·B)  +  1/2 sum of penalty·B².

    features Z (n, d), its first column being ones; penalty (d,) per feature; raw (n, P) scores of another model, whose
    scale is fitted too and kept at 0 or above; offset (n, P) logits to add as they are; base (P,) the shares to hold on to, of these examples unless given. B (d, P)
    comes back with ln base added to its first row. `start`: an earlier answer to begin from. `tolerance`:
    stop when the loss falls by less than this share.
    """
    n, d, p = len(examples), features.shape[1], examples.n_products
    prior = np.log(examples.base() if base is None else base)
    closed = np.where(examples.allowed, 0.0, -np.inf) + prior
    if offset is not None:
        closed = closed + offset
    lines = np.arange(n)
    weight, label = examples.weight, examples.label
    spread = float(np.std(raw)) if raw is not None and n else 0.0
    ridge = penalty[:, None]
    shares = _shares(closed, weight)
    # Products by lines: there are few products, and numpy runs along the lines.
    across, closed = np.ascontiguousarray(features.T), np.ascontiguousarray(closed.T)
    raw_unit = np.ascontiguousarray(raw.T) / spread if raw is not None and spread > 0.0 else None
    within = coordinates(gram_of(features, weight), penalty, shares * (1.0 - shares))

    def objective(theta: Floats) -> tuple[float, Floats]:
        B = within.weights(theta[1:])
        logits = B.T @ across
        logits += closed
        if raw_unit is not None:
            logits += theta[0] * raw_unit
        top = logits.max(axis=0)
        own = logits[label, lines] - top
        logits -= top
        np.exp(logits, out=logits)
        total = logits.sum(axis=0)
        value = weight @ (np.log(total) - own) + 0.5 * float((ridge * B * B).sum())
        logits *= weight / total
        logits[label, lines] -= weight
        gradient = np.empty_like(theta)
        gradient[0] = (logits * raw_unit).sum() if raw_unit is not None else 0.0
        gradient[1:] = within.gradient((logits @ features).T + ridge * B).ravel()
        return float(value), gradient

    theta = np.zeros(1 + d * p)
    if start is not None:
        theta[0] = start[0] * spread
        theta[1:] = within.point(start[1] - np.r_[prior[None], np.zeros((d - 1, p))]).ravel()
    elif raw_unit is not None:
        theta[0] = 1.0
    if n:
        bounds = None if raw_unit is None else [(0.0, None)] + [(None, None)] * (d * p)
        found = minimize(
            objective,
            theta,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 400, "ftol": tolerance, "maxcor": 20},
        )
        theta = found.x
    B = within.weights(theta[1:])
    B[0] += prior
    return (float(theta[0]) / spread if raw_unit is not None else 0.0), B


def _shares(closed: Floats, weight: Floats) -> Floats:
    """(P,) the mean chance of each product before any feature says something."""
    if not len(closed):
        return np.zeros(closed.shape[1])
    chances = np.exp(closed - closed.max(axis=1, keepdims=True))
    return np.asarray(weight @ (chances / chances.sum(axis=1, keepdims=True)) / weight.sum())
