"""How sure a difference is: customers are drawn again and again, with all they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Indices

DRAWS = 1000


class Interval(NamedTuple):
    """A weighted mean and the middle 95 % of what it is when customers are drawn again."""

    mean: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        """The interval excludes 0 on the good side."""
        return self.low > 0.0


def paired(difference: Floats, weight: Floats, customer: Indices, seed: int, draws: int = DRAWS) -> Interval:
    """The interval of the weighted mean of `difference` (n,), two methods on the same line; customers are the units."""
    people, index = np.unique(customer, return_inverse=True)
    total = np.bincount(index, weights=weight * difference)
    size = np.bincount(index, weights=weight)
    generator = np.random.default_rng(seed)
    means = np.empty(draws)
    for draw in range(draws):
        times = np.bincount(generator.integers(0, len(people), len(people)), minlength=len(people))
        means[draw] = (times @ total) / (times @ size)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(total.sum() / size.sum()), float(low), float(high))


def ratios(
    above: Floats, below: Floats, customer: Indices, seed: int, draws: int = DRAWS
) -> tuple[Floats, Floats]:
    """(k,) of each column the sum of `above` (n, k) over that of `below` (n, k), and (draws, k) the same when customers are drawn again.

    All columns meet the same draws. A draw whose `below` is nought repeats the value itself; that is 0 where all of `below` is.
    """
    people, index = np.unique(customer, return_inverse=True)
    columns = np.concatenate([above, below], axis=1)
    sums = np.column_stack([np.bincount(index, weights=column) for column in columns.T])
    generator, k = np.random.default_rng(seed), above.shape[1]
    drawn = np.empty((draws, 2 * k))
    for draw in range(draws):
        times = np.bincount(generator.integers(0, len(people), len(people)), minlength=len(people))
        drawn[draw] = times.astype(np.float64) @ sums
    whole = sums.sum(axis=0)
    values = np.divide(whole[:k], whole[k:], out=np.zeros(k), where=whole[k:] != 0.0)
    found = np.broadcast_to(values, (draws, k)).copy()
    np.divide(drawn[:, :k], drawn[:, k:], out=found, where=drawn[:, k:] != 0.0)
    return values, found
