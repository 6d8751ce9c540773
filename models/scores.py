"""Holdings to one raw score a product: X·W, or for ALS one small solve for the customer's factors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from models.features import Floats


class Scores(Protocol):
    """Holdings -> one raw score a product, for one customer (P,) and for many (n, P)."""

    def row(self, holdings: Floats) -> Floats:
        """One customer."""

    def table(self, holdings: Floats) -> Floats:
        """Many customers; equals `row` line by line up to rounding."""


@dataclass(frozen=True)
class Linear:
    """S(X) = X·W with W (P, P)."""

    weights: Floats

    def row(self, holdings: Floats) -> Floats:
        """One customer, (P,) -> (P,)."""
        return holdings @ self.weights

    def table(self, holdings: Floats) -> Floats:
        """Many customers, (n, P) -> (n, P)."""
        return holdings @ self.weights


@dataclass(frozen=True)
class Factors:
    """S(x) = Y·u, u = (Y'Y + reg·I + sum over held i of (alpha - 1)·y_i·y_i')^-1 · alpha · sum over held i of y_i.

    Hu, Koren and Volinsky, 2008; what `implicit` computes in `recalculate_user`. `gram` is Y'Y + reg·I (f, f).
    """

    items: Floats
    alpha: float
    gram: Floats

    @classmethod
    def of(cls, items: Floats, alpha: float, regularization: float) -> Factors:
        """From the item factors Y (P, f)."""
        return cls(items, alpha, items.T @ items + regularization * np.eye(items.shape[1]))

    @cached_property
    def kernel(self) -> tuple[Floats, Floats]:
        """K = Y·gram^-1·Y' and I + (alpha - 1)·K, both (P, P): the solve becomes as small as the number of products held."""
        kernel = self.items @ np.linalg.solve(self.gram, self.items.T)
        return kernel, np.eye(len(kernel)) + (self.alpha - 1.0) * kernel

    def row(self, holdings: Floats) -> Floats:
        """One customer, (P,) -> (P,): alpha · K[:, held] · (I + (alpha - 1)·K[held, held])^-1 · 1, by Woodbury's identity."""
        kernel, system = self.kernel
        held = holdings.nonzero()[0]
        share = np.linalg.solve(system[held[:, None], held], np.full(len(held), self.alpha))
        return share @ kernel[held]

    def table(self, holdings: Floats) -> Floats:
        """Many customers, (n, P) -> (n, P): each pattern of holdings is solved once."""
        if not len(holdings):
            return np.zeros_like(holdings)
        patterns, back = np.unique(holdings, axis=0, return_inverse=True)
        return np.stack([self.row(pattern) for pattern in patterns])[back.ravel()]
