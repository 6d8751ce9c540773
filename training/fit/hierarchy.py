"""Logistic regression with effects in groups, each shrunk towards 0 by a spread that the data say (empirical Bayes).

    logit P(y) = offset + sum over groups of X_g·b_g,        b_g ~ N(0, t_g^2)

The posterior of the effects is taken as normal at its mode (Laplace); each spread is the fixed point of EM, under a weak prior of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scipy.sparse import csr_matrix

    from models.features import Floats

ROUNDS, CLOSE = 50, 3e-3
ENOUGH = 1e-5
"""Logits: a step of Newton's method below it ends the search; the next would be its square."""
WEIGHT = 1.0
"""How many effects the first guess at a spread stands for."""


@dataclass(frozen=True)
class Group:
    """Effects of one kind: columns `start` to `stop` of the design. `guess`: their standard deviation before the data; `fixed`: it stays so."""

    start: int
    stop: int
    guess: float
    fixed: bool


@dataclass(frozen=True)
class Posterior:
    """(d,) the mode, (d, d) its covariance, and the spread of each group."""

    mode: Floats
    covariance: Floats
    spreads: Mapping[str, float]

    def of(self, combination: Floats) -> tuple[Floats, Floats]:
        """Mean and standard error of linear combinations (n, d) of the effects, (n,) each."""
        variance = np.einsum("nd,de,ne->n", combination, self.covariance, combination)
        return combination @ self.mode, np.sqrt(np.maximum(variance, 0.0))


def fit_groups(
    X: csr_matrix | Floats,
    y: Floats,
    offset: Floats,
    groups: Mapping[str, Group],
    weight: Floats | None = None,
    rounds: int = ROUNDS,
) -> Posterior:
    """X (n, d), y (n,) in 0..1, offset (n,); every column belongs to one group. At most so many `rounds` of looking for the spreads."""
    spreads = {name: group.guess for name, group in groups.items()}
    mode = np.zeros(X.shape[1])
    w = np.ones(len(y)) if weight is None else weight
    for _ in range(rounds):
        precision = np.zeros(len(mode))
        for name, group in groups.items():
            precision[group.start : group.stop] = spreads[name] ** -2
        mode, covariance = _mode(X, y, offset, w, precision, mode)
        old, spreads = spreads, _spreads(groups, mode, np.diag(covariance), spreads)
        if all(abs(np.log(spreads[name] / old[name])) < CLOSE for name in groups):
            break
    return Posterior(mode, covariance, spreads)


def _mode(
    X: csr_matrix | Floats, y: Floats, offset: Floats, w: Floats, precision: Floats, start: Floats
) -> tuple[Floats, Floats]:
    """Newton's method from `start`, a step halved until it climbs: far from the mode a whole one may leap over it."""
    mode, height = start, _height(X, y, offset, w, precision, start)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(offset + X @ mode, -30.0, 30.0)))
        curvature = _weighted_square(X, w * p * (1.0 - p)) + np.diag(precision)
        step = np.linalg.solve(curvature, X.T @ (w * (y - p)) - precision * mode)
        longest = np.abs(step).max(initial=0.0)
        if longest < ENOUGH:
            mode = mode + step
            break
        step = step * min(1.0, 2.0 / longest)  # shortened and not clipped: uphill all the same
        reached = _height(X, y, offset, w, precision, mode + step)
        while reached < height and np.abs(step).max() >= ENOUGH:
            step = step / 2.0
            reached = _height(X, y, offset, w, precision, mode + step)
        mode, height = mode + step, reached
    return mode, np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def _height(
    X: csr_matrix | Floats, y: Floats, offset: Floats, w: Floats, precision: Floats, mode: Floats
) -> float:
    """The log-posterior, but for a constant."""
    logits = offset + X @ mode
    return float(w @ (y * logits - np.logaddexp(0.0, logits))) - 0.5 * float(precision @ mode**2)


def _weighted_square(X: csr_matrix | Floats, weight: Floats) -> Floats:
    """X^T·diag(weight)·X, (d, d)."""
    if isinstance(X, np.ndarray):
        return np.asarray(X.T @ (weight[:, None] * X))
    return np.asarray((X.T @ X.multiply(weight[:, None])).toarray())


def _spreads(
    groups: Mapping[str, Group], mode: Floats, variance: Floats, spreads: Mapping[str, float]
) -> dict[str, float]:
    found = {}
    for name, group in groups.items():
        span = slice(group.start, group.stop)
        total = float((mode[span] ** 2 + variance[span]).sum()) + WEIGHT * group.guess**2
        found[name] = (
            spreads[name] if group.fixed else float(np.sqrt(total / (group.stop - group.start + WEIGHT)))
        )
    return found


def groups_of(*rows: tuple[str, int, float, bool]) -> dict[str, Group]:
    """Groups one after the other: name, columns (there may be none), guess, fixed."""
    groups, start = {}, 0
    for name, columns, guess, fixed in rows:
        groups[name] = Group(start, start + columns, guess, fixed)
        start += columns
    return groups
