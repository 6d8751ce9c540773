"""Forecasts as they would have been made: each month by what was learned from the months before, then set right by the last one seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.binary import EDGE, auc, brier, calibration_slope
from training.evaluation.bootstrap import Interval
from training.fit.hierarchy import fit_groups, groups_of
from training.fit.response import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.features import Floats
    from training.fit.examples import Indices

SHIFT, SLOPE = 1.0, 0.5
"""How far the line is thought to lie from (0, 1) before the month is seen: a month of ten calls says little."""
DRAWS = 200


def forward(month: Indices, first: int, predict: Callable[[Indices, Indices], Floats]) -> Floats:
    """(n,) forecasts of the rows from month `first` on, NaN before. `month` (n,) counts from 0; `predict`: (rows before, rows of the month) -> (rows,)."""
    found = np.full(len(month), np.nan)
    for now in range(first, int(month.max()) + 1):
        rows = np.flatnonzero(month == now)
        found[rows] = predict(np.flatnonzero(month < now), rows)
    return found


def recalibrated(month: Indices, labels: Floats, probabilities: Floats) -> Floats:
    """(n,): the forecasts of each month moved by the line on the logit that sets those of the month before right.

    NaN where the month before has no forecast. The line is a logistic regression on the logit, shrunk towards leaving it as it is.
    """
    logits = _logits(probabilities)

    def moved(before: Indices, now: Indices) -> Floats:
        seen = before[month[before] == month[now[0]] - 1]
        centre = logits[seen].mean()
        shift, slope = _line(labels[seen], logits[seen], centre)
        return sigmoid(logits[now] + shift + slope * (logits[now] - centre))

    forecast = np.flatnonzero(~np.isnan(probabilities))
    return forward(month, int(month[forecast].min()) + 1, moved)


def _logits(probabilities: Floats) -> Floats:
    p = np.clip(probabilities, EDGE, 1.0 - EDGE)
    return np.asarray(np.log(p) - np.log1p(-p))


def _line(labels: Floats, logits: Floats, centre: float) -> Floats:
    """(shift, slope - 1) of the line through the centre."""
    design = np.column_stack([np.ones_like(logits), logits - centre])
    groups = groups_of(("shift", 1, SHIFT, True), ("slope", 1, SLOPE, True))
    return fit_groups(design, labels, logits, groups).mode


def judged(labels: Floats, probabilities: Floats, seed: int, draws: int = DRAWS) -> dict[str, Interval]:
    """AUC, Brier score and calibration slope, each with the middle 95 % of what it is when rows are drawn again."""
    generator = np.random.default_rng(seed)
    again = [generator.integers(0, len(labels), len(labels)) for _ in range(draws)]
    found = {}
    for name, measure in (("AUC", auc), ("Brier", brier), ("slope", calibration_slope)):
        low, high = np.quantile(
            [measure(labels[rows], probabilities[rows]) for rows in again], [0.025, 0.975]
        )
        found[name] = Interval(measure(labels, probabilities), float(low), float(high))
    return found
