"""CUPED: what a covariate from before the experiment foretold of an outcome is taken out of it (Deng, Xu, Kohavi and Walker 2013).

    y' = y - theta·(x - mean(x))        theta = cov(x, y) / var(x), over all arms together

The covariate cannot know the arm, so both arms lose the same in expectation and the difference stays what it is; its variance falls
by R², the share of the outcome's variance that the covariate explains. With several covariates theta is the vector of least squares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats


def theta(influence: Floats, covariates: Floats) -> Floats:
    """(k,) of least squares of `influence` (n,), of the outcome in all arms together, on `covariates` (n, k).

    A covariate that says what others said already, or is the same for all, gets no weight of its own (the shortest solution).
    """
    centred = covariates - covariates.mean(axis=0)
    spread = centred.std(axis=0)
    scale = np.where(spread > 0.0, spread, 1.0)
    weights, *_ = np.linalg.lstsq(centred / scale, influence, rcond=None)
    return np.asarray(weights / scale, dtype=np.float64)


def filled(covariates: Floats) -> Floats:
    """(n, k) with the mean of those that are known where one is not (NaN), 0 where none is: whoever was not there before stands in no arm's way."""
    known = np.isfinite(covariates)
    sums = np.where(known, covariates, 0.0).sum(axis=0)
    return np.where(known, covariates, sums / np.maximum(known.sum(axis=0), 1))
