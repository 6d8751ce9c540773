"""What churn is learned from: customers, month by month."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from models.features import Floats


@dataclass(frozen=True)
class ChurnRows:
    """One row a customer and month, n in all, as known at the start of that month.

    `facts`: columns of n values, None (or, in an array of numbers, NaN) where missing. `holdings` (n, products), 0 or 1. `churned` (n,), 1 for one who left during
    the month, for whatever cause; `causes`: for each cause that is no wish of the customer (n,) 1 for those of them who were lost for it, in the
    order of `models.causes`; none when all left by themselves.
    `customers` (n,): any numbers that are equal for equal customers; `months` (n,): months, counted from anywhere.
    """

    facts: Mapping[str, Any]
    holdings: Floats
    churned: Floats
    customers: npt.NDArray[np.int64]
    months: npt.NDArray[np.int64]
    causes: Mapping[str, Floats] = field(default_factory=dict)

    def take(self, rows: npt.NDArray[np.intp]) -> ChurnRows:
        """These rows only, in this order."""
        return ChurnRows(
            {fact: _array(column)[rows] for fact, column in self.facts.items()},
            self.holdings[rows],
            self.churned[rows],
            self.customers[rows],
            self.months[rows],
            {name: lost[rows] for name, lost in self.causes.items()},
        )

    def by_himself(self) -> ChurnRows:
        """Rows to learn leaving by oneself from: who was lost otherwise might have done it too, and says nothing."""
        return replace(self._spared_by(self.causes), causes={})

    def lost_for(self, cause: str) -> ChurnRows:
        """Rows to learn a cause from: of who was spared by those before it."""
        before = list(self.causes)[: list(self.causes).index(cause)]
        spared = self._spared_by(before)
        return replace(spared, churned=spared.causes[cause], causes={})

    def _spared_by(self, causes: Collection[str]) -> ChurnRows:
        lost = sum(self.causes[name] for name in causes)
        return self.take(np.flatnonzero(lost == 0.0)) if causes else self


def _array(column: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    return column if isinstance(column, np.ndarray) else np.array(column, dtype=object)
