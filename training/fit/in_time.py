"""A hazard in time: which months are its last, and where its level stands after them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from training.fit.level import FEWEST_MONTHS, level_now

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.churn import ChurnModel
    from models.features import Floats
    from training.fit.churn_rows import ChurnRows


def last_months(rows: ChurnRows) -> tuple[npt.NDArray[np.bool_], int, int]:
    """(rows in the last fifth of the months, how many months those are, of how many); none of them where there are fewer than five."""
    months = np.unique(rows.months)
    last = max(1, round(months.size / 5)) if months.size >= FEWEST_MONTHS else 0
    late: npt.NDArray[np.bool_] = np.isin(rows.months, months[months.size - last :])
    return late, last, months.size


def at_its_level(model: ChurnModel, rows: ChurnRows) -> ChurnModel:
    """The model of these rows, at the level that is to be expected after them.

    The shift that would have been right for the last months is not taken over: most of what moves a month's level passes with the month.
    """
    chances = 1.0 / (1.0 + np.exp(-model.logits(rows.facts, rows.holdings)))
    _, month = np.unique(rows.months, return_inverse=True)
    left: Floats = np.bincount(month, rows.churned).astype(np.float64)
    expected: Floats = np.bincount(month, chances).astype(np.float64)
    return replace(
        model, intercept=model.intercept + level_now(left, expected * (left.sum() / expected.sum()))
    )
