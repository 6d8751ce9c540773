"""What churn is learned from: customers, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from models.features import Floats


@dataclass(frozen=True)
class ChurnRows:
    """One row a customer and month, n in all, as known at the start of that month.

    `facts`: columns of n values, None where missing. `holdings` (n, products), 0 or 1. `churned` (n,), 1 for one who left during
    the month. `customers` (n,) and `months` (n,): any numbers that are equal for equal customers and rise with time.
    """

    facts: Mapping[str, Sequence[Any]]
    holdings: Floats
    churned: Floats
    customers: npt.NDArray[np.int64]
    months: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.intp]) -> ChurnRows:
        """These rows only, in this order."""
        return ChurnRows(
            {fact: [column[i] for i in rows] for fact, column in self.facts.items()},
            self.holdings[rows],
            self.churned[rows],
            self.customers[rows],
            self.months[rows],
        )
