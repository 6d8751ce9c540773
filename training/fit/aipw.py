"""Augmented inverse probability weighting, crossed over folds: what leaving of those who took something would have been without it.

The effect on those who took it, as a ratio of leavers per customer-month. With treatment T, leavers Y and months at risk M of each row,
odds w = e/(1-e) of the propensity e, and m the hazard model of those who did not take it:

    r1 = sum T·Y / sum T·M,      r0 solves  sum T·(mY - r0·mM) + (1-T)·w·[(Y - r0·M) - (mY - r0·mM)] = 0

e and m are fitted on the other folds. Right when one of the two is right; when neither holds what moves both, wrong (Robins 1994, Chernozhukov 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Floats

    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

FOLDS = 3
MOST = 0.98
"""Propensities above are clipped: who took it and lies there has nobody to be compared with. Small ones are small weights here and need no clip."""
RIDGE = 1.0
HALF = 0.5
"""Leavers added to those who took it, and the months they would take: the logarithm of a small count is biased downwards."""


@dataclass(frozen=True)
class Rows:
    """What is compared. All (n,) but `design` (n, d), without a column of ones.

    `names`: the fact, product or month each column of the design is of. `taken`; `left` 0 or 1 within the follow-up; `months` at risk in it; `follow`: months there were to follow; `customer`: whose rows belong together; `weight`: for how many a row stands.
    """

    design: Floats
    names: tuple[str, ...]
    taken: Flags
    left: Floats
    months: Floats
    follow: Floats
    customer: Ints
    weight: Floats


@dataclass(frozen=True)
class Contrast:
    """ln(hazard ratio) with its standard error, of those who took it; `naive` the same without adjusting.

    `rate`: leavers a month had they not taken it; `expected`: leavers expected among them then. `overlap`: share of them with others to be
    compared with. `influence` (n,): what each row adds to the logarithm, for errors of differences and for leaving rows out.
    """

    log_ratio: float
    error: float
    naive: float
    naive_error: float
    rate: float
    expected: float
    overlap: float
    taken: int
    controls: int
    influence: Floats
    pieces: Pieces

    def without(self, rows: Flags) -> float:
        """The estimate with these rows left out, nuisances as they were."""
        return _solved(self.pieces.where(~rows))[0]


@dataclass(frozen=True)
class Pieces:
    """(n,) What the estimate is solved from: leavers and months with, and without (augmented), 0 where a row says nothing."""

    left_with: Floats
    months_with: Floats
    left_without: Floats
    months_without: Floats

    def where(self, rows: Flags) -> Pieces:
        return Pieces(*(np.where(rows, column, 0.0) for column in vars(self).values()))


def contrast(rows: Rows, seed: int) -> Contrast:
    """The adjusted and the plain comparison of those who took it with those who did not.

    Raises:
        ValueError: nobody took it, or nobody of the others left.
    """
    taken = rows.taken
    if not taken.any() or not rows.left[~taken].any():
        raise ValueError("nothing to compare: nobody took it, or nobody of the others left")
    pieces, e = pieces_of(rows, seed)
    log_ratio, influence, rate = _solved(pieces)
    plain = Pieces(
        pieces.left_with,
        pieces.months_with,
        rows.weight * np.where(taken, 0.0, rows.left),
        rows.weight * np.where(taken, 0.0, rows.months),
    )
    naive, of_naive, _ = _solved(plain)
    return Contrast(
        log_ratio=log_ratio,
        error=clustered(influence, rows.customer),
        naive=naive,
        naive_error=clustered(of_naive, rows.customer),
        rate=rate,
        expected=rate * float(pieces.months_with.sum()),
        overlap=float((e[taken] <= MOST).mean()),
        taken=int(taken.sum()),
        controls=int((~taken).sum()),
        influence=influence,
        pieces=pieces,
    )


def pieces_of(rows: Rows, seed: int) -> tuple[Pieces, Floats]:
    """What the estimate is solved from, and the propensity of each row."""
    taken = rows.taken
    e, hazard = _nuisances(rows, seed)
    clipped = np.minimum(e, MOST)
    odds = np.where(taken, 0.0, clipped / (1.0 - clipped))
    odds *= rows.weight[taken].sum() / (rows.weight * odds).sum()
    stays = (1.0 - hazard) ** rows.follow
    leavers, at_risk = 1.0 - stays, (1.0 - stays) / hazard
    pieces = Pieces(
        rows.weight * np.where(taken, rows.left, 0.0),
        rows.weight * np.where(taken, rows.months, 0.0),
        rows.weight * np.where(taken, leavers, odds * (rows.left - leavers)),
        rows.weight * np.where(taken, at_risk, odds * (rows.months - at_risk)),
    )
    return pieces, e


def _solved(pieces: Pieces) -> tuple[float, Floats, float]:
    """(ln ratio, influence of each row on it, rate without)."""
    left0, months0 = float(pieces.left_without.sum()), float(pieces.months_without.sum())
    left1, months1 = float(pieces.left_with.sum()), float(pieces.months_with.sum())
    floor = HALF / max(months1, 1.0)
    rate0 = max(left0 / months0 if months0 > 0 else 0.0, floor)
    rate1 = (left1 + HALF) / (months1 + HALF / rate0)
    with_it = (pieces.left_with - rate1 * pieces.months_with) / (rate1 * max(months1, 1.0))
    without = (pieces.left_without - rate0 * pieces.months_without) / (rate0 * max(months0, 1.0))
    return float(np.log(rate1 / rate0)), with_it - without, rate0


def clustered(influence: Floats, customer: Ints) -> float:
    """Rows of one customer are one observation."""
    sums = np.bincount(np.unique(customer, return_inverse=True)[1], weights=influence)
    return float(np.sqrt((sums**2).sum()))


def _nuisances(rows: Rows, seed: int) -> tuple[Floats, Floats]:
    """(n,) propensity and hazard without it, each row's from the folds it is not in; all rows of a customer are in one fold."""
    known, code = np.unique(rows.customer, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(known)) % FOLDS)[code]
    X = np.column_stack([np.ones(len(rows.taken)), rows.design])
    e, hazard = np.empty(len(X)), np.empty(len(X))
    weight, left, months = rows.weight, rows.weight * rows.left, rows.weight * rows.months
    for one in range(FOLDS):
        fit, use = fold != one, fold == one
        e[use] = _sigmoid(X[use] @ logistic(X[fit], (weight * rows.taken)[fit], weight[fit]))
        others = fit & ~rows.taken
        hazard[use] = _sigmoid(X[use] @ logistic(X[others], left[others], months[others]))
    return np.clip(e, 1e-6, 1 - 1e-6), np.clip(hazard, 1e-6, 1 - 1e-6)


def logistic(X: Floats, successes: Floats, trials: Floats) -> Floats:
    """(d,) Penalised maximum likelihood of a binomial logistic regression by Newton's method; the first column is the intercept."""
    ridge = np.full(X.shape[1], RIDGE)
    ridge[0] = 1e-6
    share = (successes.sum() + HALF) / (trials.sum() + 2 * HALF)
    theta = np.zeros(X.shape[1])
    theta[0] = np.log(share / (1.0 - share))
    for _ in range(30):
        p = _sigmoid(X @ theta)
        gradient = X.T @ (successes - trials * p) - ridge * theta
        curve = (X * (trials * p * (1.0 - p))[:, None]).T @ X + np.diag(ridge)
        step = np.linalg.solve(curve, gradient)
        size = float(np.abs(step).max())
        theta += step * min(1.0, 2.0 / size)
        if size < 1e-3:  # the next step would be smaller than 1e-6
            break
    return theta


def _sigmoid(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0)))
