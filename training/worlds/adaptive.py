"""An adaptive model of one action in one channel, as Pega describes its own: binned predictors, naive Bayes, bands of the score.

    contribution(bin) = ln(pos + 1/bins) - ln(neg + 1/bins) - ln(1 + sum of pos) + ln(1 + sum of neg)
    score             = [ln(1 + P) - ln(1 + N) + sum of contributions] / (1 + number of predictors)
    propensity        = (0.5 + pos) / (1 + pos + neg) of the band the score falls into, so that a new action starts at 0.5

The bands: ten of equal mass over the responses the model has seen, pooled until their share of positives rises with the score (isotonic regression).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Flags, Floats, Ints

BANDS = 10


@dataclass(frozen=True)
class Bands:
    """`least` (b,) the lowest score of each band but that the first reaches down for ever; `positive`, `negative` (b,) responses."""

    least: Floats
    positive: Floats
    negative: Floats

    def propensity(self, score: Floats) -> Floats:
        """Of each score, that of its band."""
        band = np.maximum(np.searchsorted(self.least, score, side="right") - 1, 0)
        return np.asarray((0.5 + self.positive[band]) / (1.0 + self.positive[band] + self.negative[band]))


@dataclass(frozen=True)
class Adaptive:
    """`start`: the score of the responses alone; `contribution` (cells,): every bin of every predictor; `evidence`: responses seen."""

    start: float
    contribution: Floats
    predictors: int
    evidence: int
    bands: Bands

    def propensity(self, cells: Ints) -> Floats:
        """(n,) of customers whose predictors fall into these cells (n, predictors)."""
        return self.bands.propensity(self.score(cells))

    def score(self, cells: Ints) -> Floats:
        """(n,) before it is banded."""
        return np.asarray((self.start + self.contribution[cells].sum(axis=1)) / (1.0 + self.predictors))


def learned(cells: Ints, positive: Flags, bins: Ints) -> Adaptive:
    """From responses (k, predictors) with cells numbered through all predictors; `bins` (cells,): how many the predictor of each cell has."""
    k, predictors = cells.shape
    number = len(bins)
    pos = np.bincount(cells[positive].ravel(), minlength=number)
    neg = np.bincount(cells[~positive].ravel(), minlength=number)
    yes, no = int(positive.sum()), int(k - positive.sum())
    odds = np.log1p(yes) - np.log1p(no)
    contribution = np.log(pos + 1.0 / bins) - np.log(neg + 1.0 / bins) - odds
    untied = Adaptive(float(odds), contribution, predictors, k, NO_BANDS)
    return Adaptive(float(odds), contribution, predictors, k, bands_of(untied.score(cells), positive))


def bands_of(score: Floats, positive: Flags) -> Bands:
    """Pooled neighbours: a band whose share of positives is not above that of the one below joins it."""
    if not len(score):
        return NO_BANDS
    order = np.argsort(score, kind="stable")
    edges = np.unique(np.quantile(score, np.arange(BANDS) / BANDS, method="lower"))
    place = np.searchsorted(edges, score[order], side="right") - 1
    yes = np.bincount(place, positive[order], len(edges))
    count = np.bincount(place, minlength=len(edges)).astype(np.float64)
    pooled: list[list[float]] = []
    for least, pos, all_of in zip(edges.tolist(), yes.tolist(), count.tolist(), strict=True):
        pooled.append([least, pos, all_of])
        while len(pooled) > 1 and pooled[-1][1] * pooled[-2][2] <= pooled[-2][1] * pooled[-1][2]:
            _, more, many = pooled.pop()
            pooled[-1][1] += more
            pooled[-1][2] += many
    least, pos, all_of = np.array(pooled).T
    return Bands(least, pos, all_of - pos)


NO_BANDS = Bands(np.zeros(1), np.zeros(1), np.zeros(1))
