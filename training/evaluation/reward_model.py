"""What a contact brings by what is known of it and what stands first: the q of DM and DR, one ridge regression.

    q(x, a) = level + x·b + x·B[kind of a] + g[a]        the columns standardised, the penalty by generalised cross-validation

Actions of a kind share what the contact does to them; each has a level of its own. It need not be right: where it is not, the weights mend
it, and where weights are noisy, it does. Golub, Heath and Wahba (1979) for the choice of the penalty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from training.evaluation.policy_value import crossed

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Floats

    Indices = npt.NDArray[np.intp]

PENALTIES: Final = tuple(10.0 ** np.arange(-3.0, 5.1, 0.5))
"""Rows that each column's mean is thought to be known from beforehand."""
FOLDS: Final = 5


@dataclass(frozen=True)
class Rows:
    """(n, d) `context`, (n,) `action`, (n,) `reward`; (actions,) the number of each action's kind."""

    context: Floats
    action: Indices
    reward: Floats
    kind: Indices


def foretold(rows: Rows, customer: Indices, seed: int = 0, folds: int = FOLDS) -> Floats:
    """(n, actions) rewards, each foretold by what was fitted on other customers; 0 where there are none."""
    people, index = np.unique(customer, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(people)) % folds)[index]
    design = _design(rows.context, rows.action, rows.kind)

    def fit(train: Indices, test: Indices) -> Floats:
        if not len(train):  # there is nobody else
            return np.zeros((len(test), len(rows.kind)))
        level, slopes = ridge(design[train], rows.reward[train])
        return level + _every(rows.context[test], rows.kind, slopes)

    return crossed(fold, fit, len(rows.kind))


def _design(context: Floats, action: Indices, kind: Indices) -> Floats:
    """(n, d + kinds·d + actions)."""
    n, kinds = len(action), int(kind.max()) + 1
    own = np.eye(kinds)[kind[action]]
    by_kind = (own[:, :, None] * context[:, None, :]).reshape(n, -1)
    return np.concatenate([context, by_kind, np.eye(len(kind))[action]], axis=1)


def _every(context: Floats, kind: Indices, slopes: Floats) -> Floats:
    """(n, actions): `_design` of every action in turn, times the slopes."""
    d, kinds = context.shape[1], int(kind.max()) + 1
    shared, own, level = slopes[:d], slopes[d : d + kinds * d].reshape(kinds, d), slopes[d + kinds * d :]
    return np.asarray((context @ shared)[:, None] + (context @ own.T)[:, kind] + level)


def ridge(X: Floats, y: Floats) -> tuple[float, Floats]:
    """The level and (columns,) slopes of y on X (n, columns), the penalty the best of PENALTIES by generalised cross-validation."""
    n = len(y)
    mean, spread = X.mean(axis=0), X.std(axis=0)
    scale = np.where(spread > 1e-9, spread, np.inf)  # what never varies has no slope
    Z, centred = (X - mean) / scale, y - y.mean()
    values, vectors = np.linalg.eigh(Z.T @ Z)
    values = np.maximum(values, 0.0)
    along = vectors.T @ (Z.T @ centred)
    total = float(centred @ centred)
    best, chosen = np.inf, np.zeros(len(values))
    for penalty in PENALTIES:
        shrunk = along / (values + penalty)
        left = total - 2.0 * float(shrunk @ along) + float((shrunk**2) @ values)
        free = n - 1.0 - float((values / (values + penalty)).sum())
        score = np.inf if free <= 0.0 else left / free**2
        if score < best:
            best, chosen = score, shrunk
    slopes = (vectors @ chosen) / scale
    return float(y.mean() - mean @ slopes), slopes
