"""Who held what, and which facts were known, just before a moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Indices

LONG_AGO = -1e9
"""Days; the start of a holding whose date is unknown."""

FAR_AHEAD = 1e9
"""Days; the end of a holding that is still held."""


def days(column: pl.Series) -> Floats:
    """A column of dates or moments as days since 1970 with fractions, NaN where empty, (n,)."""
    micros = column.cast(pl.Datetime("us")).to_physical().cast(pl.Float64)
    return micros.fill_null(float("nan")).to_numpy() / 86_400e6


@dataclass(frozen=True)
class Ledger:
    """Holdings with dates: customer (m,), product (m,) indices, start and end (m,) in days."""

    n_products: int
    customer: Indices
    product: Indices
    start: Floats
    end: Floats

    def before(self, customer: Indices, moment: Floats) -> Floats:
        """(n, P) 0/1: what each customer held just before the moment: begun earlier, and not ended earlier."""
        customers, times, running = self._running
        return (_asof(customers, times, running, customer, moment) > 0).astype(np.float64)

    def last_start(self, customer: Indices, moment: Floats) -> Floats:
        """(n,) days of the latest acquisition that is still held just before the moment, NaN when there is none with a date.

        What ended counts no more: the service knows what a customer holds now and since when, and nothing of what is gone.
        """
        dated = np.flatnonzero(self.start > LONG_AGO)
        order = dated[np.lexsort((self.start[dated], self.customer[dated]))]
        who, when, end = self.customer[order], self.start[order], self.end[order]
        row = last_row_before(who, when, customer, moment)
        asked = np.flatnonzero(row >= 0)
        while (
            asked.size
        ):  # back over what had ended by then: as many steps as one customer has ended holdings at most
            asked = asked[end[row[asked]] < moment[asked]]
            earlier = row[asked] - 1
            row[asked] = np.where((earlier >= 0) & (who[earlier] == customer[asked]), earlier, -1)
            asked = asked[row[asked] >= 0]
        return np.where(row >= 0, when[row] if len(when) else np.nan, np.nan)

    @cached_property
    def _running(self) -> tuple[Indices, Floats, Indices]:
        """Begins and ends in order, and how many of each product are open after each, (2m + 1, P)."""
        customer = np.r_[self.customer, self.customer]
        time = np.r_[self.start, self.end]
        order = np.lexsort((time, customer))
        steps = np.zeros((len(order) + 1, self.n_products), dtype=np.int32)
        change = np.r_[np.ones(len(self.start), dtype=np.int32), -np.ones(len(self.end), dtype=np.int32)]
        steps[np.arange(1, len(order) + 1), np.r_[self.product, self.product][order]] = change[order]
        return customer[order], time[order], np.cumsum(steps, axis=0, dtype=np.int32)


def last_row_before(
    who: Indices, when: Floats, customer: Indices, moment: Floats, *, at_it: bool = False
) -> Indices:
    """The last row of a table sorted by (who, when) that is before each moment (or `at_it`); -1 when there is none, (n,)."""
    position = _position(who, when, customer, moment, at_it=at_it)
    return np.where(position > np.searchsorted(who, customer), position - 1, -1)


def _position(
    who: Indices, when: Floats, customer: Indices, moment: Floats, *, at_it: bool = False
) -> Indices:
    moments = np.unique(np.r_[when, moment])
    rank, asked = np.searchsorted(moments, when), np.searchsorted(moments, moment)
    key, wanted = who * (len(moments) + 1) + rank, customer * (len(moments) + 1) + asked
    return np.asarray(np.searchsorted(key, wanted, side="right" if at_it else "left"))


def _asof(who: Indices, when: Floats, running: Indices, customer: Indices, moment: Floats) -> Indices:
    position = _position(who, when, customer, moment)
    return running[position] - running[np.searchsorted(who, customer)]
