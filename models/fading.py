"""How long what a fact says today goes on being said: traits stay, troubles fade.

What a fact contributes, c, is against the average customer. Of it, k months on,

    E[c(k) | c(0)] = c(0)·r(k),      r(k) = s + (1 - s)·q^k

with s the share that lasts (1 for a trait) and q what a month leaves of the rest. What is not known any more of c(k) varies by v·(1 - r(k)²),
v being its variance among customers; the mean of many small chances e^(c) is that of the mean plus half the variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.features import Floats
from models.memo import Memo

KEPT_HORIZONS = 16


@dataclass(frozen=True)
class Fading:
    """`lasts` s, `leaves` q and `spread` v of each fact, (facts,). With s = 1 a fact stays as it is, as a clock does that is rolled forward."""

    lasts: Floats
    leaves: Floats
    spread: Floats

    def __post_init__(self) -> None:
        """Raises ValueError for shares that leave 0 to 1 and a spread below 0."""
        shares = np.concatenate([self.lasts, self.leaves])
        if not ((shares >= 0.0) & (shares <= 1.0)).all() or not (self.spread >= 0.0).all():
            raise ValueError("churn model: what fades must have shares from 0 to 1 and a spread of 0 or more")

    @cached_property
    def _by_horizon(self) -> Memo[int, tuple[Floats, Floats]]:
        return Memo(KEPT_HORIZONS)

    def _table(self, horizon: int) -> tuple[Floats, Floats]:
        """r(k) - 1 for k = 0..H-1, (facts, H), and what the spread adds to the logit, (H,)."""
        known = self._by_horizon.get(horizon)
        if known is None:
            kept = self.lasts[:, None] + (1.0 - self.lasts[:, None]) * self.leaves[:, None] ** np.arange(
                horizon
            )
            known = self._by_horizon.keep(horizon, (kept - 1.0, 0.5 * self.spread @ (1.0 - kept**2)))
        return known

    def change(self, contributions: Floats, horizon: int) -> Floats:
        """What is to be added to the logit of each month: contributions (.., facts) -> (.., H), 0 in the first."""
        lost, spread = self._table(horizon)
        changes: Floats = contributions @ lost + spread
        return changes
