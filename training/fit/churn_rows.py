"""What churn is learned from: customers, month by month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.features import Floats


@dataclass(frozen=True)
class ChurnRows:
    """One row a customer and month, n in all, as known at the start of that month.

    `facts`: columns of n values, None (or, in an array of numbers, NaN) where missing. `holdings` (n, products), 0 or 1. `churned` (n,), 1 for one who left during
    the month, for whatever cause; `otherwise` (n,), 1 for those of them who did not leave by themselves, None when all did.
    `customers` (n,): any numbers that are equal for equal customers; `months` (n,): months, counted from anywhere.
    """

    facts: Mapping[str, Any]
    holdings: Floats
    churned: Floats
    customers: npt.NDArray[np.int64]
    months: npt.NDArray[np.int64]
    otherwise: Floats | None = None

    def take(self, rows: npt.NDArray[np.intp]) -> ChurnRows:
        """These rows only, in this order."""
        return ChurnRows(
            {fact: _array(column)[rows] for fact, column in self.facts.items()},
            self.holdings[rows],
            self.churned[rows],
            self.customers[rows],
            self.months[rows],
            None if self.otherwise is None else self.otherwise[rows],
        )

    def by_himself(self) -> ChurnRows:
        """Rows to learn leaving by oneself from: who left otherwise might have done it too, and says nothing."""
        if self.otherwise is None:
            return self
        return replace(self.take(np.flatnonzero(self.otherwise == 0.0)), otherwise=None)

    def by_other_causes(self) -> ChurnRows | None:
        """Rows to learn the other causes from; None when there are none."""
        return None if self.otherwise is None else replace(self, churned=self.otherwise, otherwise=None)


def _array(column: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    return column if isinstance(column, np.ndarray) else np.array(column, dtype=object)
