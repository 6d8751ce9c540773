"""Months of the simulated time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from training.simulator.ledger import Days
    from training.simulator.people import Indices


@dataclass(frozen=True)
class Calendar:
    """`months` whole months, and then the one that `until` lies in. Month 0 is the first that is simulated."""

    months: int
    until: date

    @property
    def last(self) -> np.datetime64:
        """The month `until` lies in."""
        return np.datetime64(self.until, "M")

    def first_day(self, month: Indices | int) -> Days:
        """Days since 1970 of the first of a month, which may lie before month 0."""
        start = self.last - self.months + np.asarray(month)
        return start.astype("datetime64[D]").astype(np.int64)

    def day_in(self, month: int, share: float | np.typing.NDArray[np.float64]) -> Days:
        """Days since 1970, `share` (0 to 1) into a month."""
        first, after = self.first_day(month), self.first_day(month + 1)
        return (first + np.floor(share * (after - first))).astype(np.int64)

    def month(self, month: int) -> date:
        """The first of a month as a date."""
        return date(1970, 1, 1) + timedelta(days=int(self.first_day(month)))
