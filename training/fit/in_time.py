"""Calibrate a hazard in time: how sure it may be of later months is learned from the last months, where its level stands from all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.binary import calibration_line
from training.fit.hazard import stretched
from training.fit.level import level_now

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.churn import ChurnModel
    from models.features import Floats
    from training.fit.churn_rows import ChurnRows

FEWEST_MONTHS = 5
SLOPE_ERROR = 0.2
"""How far from 1 a slope is expected before anything is seen, as a standard deviation: one month with a hundred leavers knows no better."""


def last_months(rows: ChurnRows) -> tuple[npt.NDArray[np.bool_], int, int]:
    """(rows in the last fifth of the months, how many months those are, of how many); none of them where there are fewer than five."""
    months = np.unique(rows.months)
    last = max(1, round(months.size / 5)) if months.size >= FEWEST_MONTHS else 0
    late: npt.NDArray[np.bool_] = np.isin(rows.months, months[months.size - last :])
    return late, last, months.size


def calibrated(model: ChurnModel, before: ChurnModel, rows: ChurnRows) -> ChurnModel:
    """`model`, of all these rows, made as sure as `before`, of all but the last months, should have been of the last; at the level of now.

    The shift that would have been right for the last months is not taken over: most of what moves a month's level passes with the month.
    """
    late = np.flatnonzero(last_months(rows)[0])
    judged = rows.take(late)
    logits = before.logits(judged.facts, judged.holdings)
    _, slope = calibration_line(judged.churned, logits, slope_error=SLOPE_ERROR)
    model = stretched(model, slope)
    logits = model.logits(rows.facts, rows.holdings)
    balance = _balance(rows.churned, logits)
    _, month = np.unique(rows.months, return_inverse=True)
    left: Floats = np.bincount(month, rows.churned).astype(np.float64)
    expected: Floats = np.bincount(month, _chances(logits + balance)).astype(np.float64)
    return replace(model, intercept=model.intercept + balance + level_now(left, expected))


def _balance(churned: Floats, logits: Floats) -> float:
    """What to add to all logits so that as many are expected to leave as left."""
    shift = 0.0
    for _ in range(20):
        chances = _chances(logits + shift)
        shift += float(np.clip((churned - chances).sum() / (chances * (1.0 - chances)).sum(), -1.0, 1.0))
    return shift


def _chances(logits: Floats) -> Floats:
    chances: Floats = 1.0 / (1.0 + np.exp(-logits))
    return chances
