"""Who held what from when to when, while the world turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Floats
    from training.simulator.people import Indices

    Days = npt.NDArray[np.int64]

STILL = np.iinfo(np.int64).max


@dataclass
class Spells:
    """Open and closed holdings of `n` customers and `p` products, in days since 1970. `held` (n, p) counts what is open."""

    n: int
    p: int
    held: Floats = field(init=False)
    _rows: list[tuple[Indices, Indices, Days]] = field(default_factory=list)
    _closed: list[tuple[Indices, Indices, Days]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nobody holds anything yet."""
        self.held = np.zeros((self.n, self.p))

    def open(self, customer: Indices, product: Indices, day: Days) -> None:
        """One more of each product."""
        self.held[customer, product] += 1
        self._rows.append((customer, product, day))

    def close(self, customer: Indices, product: Indices, day: Days) -> None:
        """End everything of these pairs."""
        self.held[customer, product] = 0
        self._closed.append((customer, product, day))

    def table(self) -> tuple[Indices, Indices, Days, Days]:
        """(customer, product, since, until or STILL), one row a holding, sorted by customer and date.

        A holding ends at the first closing of its pair on or after the day it began.
        """
        customer, product, since = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        order = np.lexsort((product, since, customer))
        customer, product, since = customer[order], product[order], since[order]
        return customer, product, since, self._ends(customer * self.p + product, since)

    def _ends(self, pair: Indices, since: Days) -> Days:
        if not self._closed:
            return np.full(len(pair), STILL)
        customer, product, day = (np.concatenate(part) for part in zip(*self._closed, strict=True))
        closed = customer * self.p + product
        order = np.lexsort((day, closed))
        closed, day = closed[order], day[order]
        span = np.int64(1_000_000)  # more days than two and a half thousand years
        place = np.searchsorted(closed * span + day, pair * span + since)
        found = np.minimum(place, len(closed) - 1)
        ends = (place < len(closed)) & (closed[found] == pair)
        return np.where(ends, day[found], STILL)
