"""One penalised logistic regression, on a dense or sparse design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from training.fit.coordinates import Coordinates, coordinates, gram_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from models.features import Floats

FREE = 1e-6
"""The penalty of an intercept: none, but for a trace that keeps it finite."""
CLOSE = 1e-9
"""The search ends when a step lowers the loss by less than this share."""


@dataclass(frozen=True)
class Binary:
    """Minimises  sum of weight·loss(X·theta)  +  1/2 sum of penalty·theta²  for X (n, d) with a first column of ones, y (n,) 0 or 1, weight (n,)."""

    X: csr_matrix | Floats
    y: Floats
    weight: Floats

    def within(self, gram: Floats, penalty: Floats) -> Coordinates:
        """Coordinates for `fit`; `gram` may be that of a larger design of the same columns."""
        rate = float(np.clip(np.average(self.y, weights=self.weight), 1e-3, 1.0 - 1e-3))
        return coordinates(gram, penalty, np.array([rate * (1.0 - rate)]))

    def gram(self) -> Floats:
        """(d, d) of X, for `within`."""
        return gram_of(self.X, self.weight)

    def fit(
        self, penalty: Floats, within: Coordinates, start: Floats | None = None, tolerance: float = CLOSE
    ) -> Floats:
        """(d,) theta. `start`: an earlier answer to begin from."""
        X, y, w = self.X, self.y, self.weight
        transposed = X.T

        def objective(point: Floats) -> tuple[float, Floats]:
            theta = within.weights(point)[:, 0]
            logits = X @ theta
            small = np.exp(-np.abs(logits))  # one exponential serves the loss and the probability
            loss = np.maximum(logits, 0.0) + np.log1p(small) - y * logits
            chance = np.where(logits >= 0.0, 1.0, small) / (1.0 + small)
            pull = transposed @ (w * (chance - y)) + penalty * theta
            value = float(w @ loss) + 0.5 * float(penalty @ (theta * theta))
            return value, within.gradient(pull[:, None]).ravel()

        theta = self._even() if start is None else start
        options = {"maxiter": 500, "ftol": tolerance, "gtol": 0.0, "maxcor": 20}
        found = minimize(
            objective, within.point(theta[:, None]).ravel(), jac=True, method="L-BFGS-B", options=options
        )
        return np.asarray(within.weights(found.x)[:, 0])

    def _even(self) -> Floats:
        """(d,) everyone the same chance."""
        yes, all_ = float(self.weight @ self.y) + 0.5, float(self.weight.sum()) + 1.0
        return np.asarray(np.r_[np.log(yes / (all_ - yes)), np.zeros(self.X.shape[1] - 1)])
