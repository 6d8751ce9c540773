"""How strong facts may speak, chosen on rows that were not fitted on: the ridge, and what to multiply the weights by.

Where there are months, whole stretches of months are held out. A competitor's campaign or a hard winter moves all customers of a month alike: folds of
customers would show it to the fit and to the judge, and everything it happened to go with would look sure. A held-out stretch is judged at a level of its
own, for where that stands in months to come is another question (`level.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.binary import calibration_line, losses
from training.fit.binary import FREE, Binary
from training.fit.level import FEWEST_MONTHS, UNSURE, balance

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy import sparse

    from models.features import Floats
    from training.fit.churn_rows import ChurnRows

STRENGTHS = (0.02, 0.05, 0.2, 1.0)
"""Variance of the weights before anything is seen (scikit-learn's C); small is cautious."""
FOLDS = 5
INNER_ROWS = 40_000
"""Chosen on at most so many rows, drawn at random."""
CHOOSING = 1e-6
"""Tolerance of the loss while they are chosen: log-losses are then right to more digits than tell two strengths apart."""
SLOPE_ERROR = 0.5
"""How far from 1 a slope is expected before anything is seen, as a standard deviation: hardly below 0, hardly above 2."""


@dataclass(frozen=True)
class Chosen:
    """The strength, and the slope of the calibration line: what the fitted weights are multiplied by.

    `gain`: by how much, summed over the rows, the log-loss of what was held out is below that of a level alone, with its standard error.
    """

    strength: float
    slope: float = 1.0
    gain: float = 0.0
    gain_error: float = 0.0


def folds_of(customers: npt.NDArray[np.int64], folds: int, seed: int) -> npt.NDArray[np.intp]:
    """A fold for each row, all rows of a customer in the same one."""
    known, codes = np.unique(customers, return_inverse=True)
    order: npt.NDArray[np.intp] = np.random.default_rng(seed).permutation(known.size) % folds
    return order[codes]


def held_out(rows: ChurnRows, seed: int) -> npt.NDArray[np.intp]:
    """A fold for each row: months that follow each other, or customers where there are fewer than five months."""
    known, codes = np.unique(rows.months, return_inverse=True)
    if known.size < FEWEST_MONTHS:
        return folds_of(rows.customers, FOLDS, seed)
    stretch: npt.NDArray[np.intp] = np.arange(known.size) * FOLDS // known.size
    return stretch[codes]


def choose(problem: Binary, gram: Floats, folds: npt.NDArray[np.intp], seed: int) -> Chosen:
    """The strength and slope with the lowest log-loss of rows that were held out.

    From cautious to bold, each fold from its weights before; the first strength after which held-out loss rises ends the search.
    """
    some = np.random.default_rng(seed).permutation(len(folds))[:INNER_ROWS]
    some.sort()
    design, left, weight, folds = problem.X[some], problem.y[some], problem.weight[some], folds[some]
    inside = [Binary(design[folds != f], left[folds != f], weight[folds != f]) for f in range(FOLDS)]
    found: list[Floats | None] = [None] * FOLDS
    alone = _calibrated(left, _levels(left, weight, folds), weight)[0]
    best = (np.inf, Chosen(STRENGTHS[0]))
    for strength in STRENGTHS:
        logits, penalty = np.empty(len(left)), ridge(design, strength)
        within = problem.within(gram * (1.0 - 1.0 / FOLDS) * len(some) / len(problem.y), penalty)
        for fold, part in enumerate(inside):
            own = folds == fold
            found[fold] = theta = part.fit(penalty, within, found[fold], CHOOSING)
            logits[own] = design[own] @ theta
            logits[own] += balance(left[own], logits[own], weight[own], unsure=UNSURE)
        each, slope = _calibrated(left, logits, weight)
        loss = float(np.average(each, weights=weight))
        if loss >= best[0]:
            break
        gains = weight * (alone - each)
        error = float(gains.std() * np.sqrt(gains.size))
        best = (loss, Chosen(strength, max(slope, 0.0), float(gains.sum()), error))
    return best[1]


def _calibrated(left: Floats, logits: Floats, weight: Floats) -> tuple[Floats, float]:
    """(loss of each row on the calibration line, its slope)."""
    shift, slope = calibration_line(left, logits, weight, slope_error=SLOPE_ERROR)
    return losses(left, 1.0 / (1.0 + np.exp(-shift - slope * logits))), slope


def _levels(left: Floats, weight: Floats, folds: npt.NDArray[np.intp]) -> Floats:
    """The logit of each row by the level of the other folds, moved as far towards that of its own as the models are."""
    found = np.empty(len(left))
    for fold in range(FOLDS):
        own = folds == fold
        others, all_ = float(weight[~own] @ left[~own]) + 0.5, float(weight[~own].sum()) + 1.0
        logits = np.full(int(own.sum()), np.log(others / (all_ - others)))
        logits += balance(left[own], logits, weight[own], unsure=UNSURE)
        found[own] = logits
    return found


def ridge(design: sparse.csr_matrix | Floats, strength: float) -> Floats:
    """The penalty of each column but the first."""
    return np.asarray(np.r_[FREE, np.full(design.shape[1] - 1, 1.0 / strength)])
