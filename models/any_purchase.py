"""Whether a customer takes anything at all within 90 days, when nobody proposes it."""

from __future__ import annotations

from dataclasses import dataclass
from math import tanh
from typing import TYPE_CHECKING

import numpy as np

from models.features import Floats

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_COUNTED = 7
"""Customers with this many holdings or more share one row of C."""


def count_of(holdings: Floats) -> npt.NDArray[np.intp]:
    """The row of C for each customer of a table (n, P)."""
    return np.asarray(np.minimum(holdings.sum(axis=1), MOST_COUNTED), dtype=np.intp)


@dataclass(frozen=True)
class AnyPurchase:
    """P(any acquisition within 90 days, nobody having proposed one) = sigmoid(b + X·w + F·u + c[number of holdings]).

    `typical` is that chance for the average customer of the training data: what a stated acceptance rate is held against.
    """

    intercept: float
    holdings: Floats
    facts: Floats
    counts: Floats
    typical: float

    def of_holdings(self, holdings: Floats, count: int) -> float:
        """The logit of one customer before his facts."""
        return float(self.intercept + holdings @ self.holdings + self.counts[count])

    def row(self, any_logit: float, encoded: Floats) -> float:
        """One customer, from the logit of his holdings and his `encoded` (k,) facts."""
        return 0.5 + 0.5 * tanh(0.5 * (any_logit + float(encoded @ self.facts)))

    def table(self, holdings: Floats, encoded: Floats) -> Floats:
        """Many customers, (n,)."""
        logit = (
            self.intercept + holdings @ self.holdings + encoded @ self.facts + self.counts[count_of(holdings)]
        )
        return 0.5 + 0.5 * np.tanh(0.5 * logit)
