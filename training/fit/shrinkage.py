"""Empirical Bayes over products and families: estimates that are mostly noise are drawn towards no effect, and towards those of their family.

    estimate_p ~ N(effect_p, error_p^2),   effect_p ~ N(family_f, tau^2),   family_f ~ N(0, omega^2)

tau and omega are averaged over by what the estimates themselves say of them. The middle is 0 and not the mean of the estimates: what they all
have in common is as likely a reason to buy anything at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.features import Floats

TAUS = np.linspace(0.0, 1.0, 21)
OMEGAS = np.linspace(0.0, 0.8, 9)


def shrunk(estimate: Floats, error: Floats, family: Sequence[str]) -> tuple[Floats, Floats]:
    """(P,) mean and standard deviation of each effect given all estimates; `error` above 0."""
    count = len(estimate)
    same = np.array([[one == other for other in family] for one in family], dtype=np.float64).reshape(
        count, count
    )
    shared = bool(same.sum() > count)
    weights, means, squares = [], [], []
    for tau in TAUS:
        for omega in OMEGAS if shared else (0.0,):
            prior = tau**2 * np.eye(count) + omega**2 * same
            total = prior + np.diag(error**2)
            gain = np.linalg.solve(total, prior).T
            mean = gain @ estimate
            variance = np.diag(prior - gain @ prior)
            _, size = np.linalg.slogdet(total)
            weights.append(-0.5 * (size + estimate @ np.linalg.solve(total, estimate)))
            means.append(mean)
            squares.append(variance + mean**2)
    chance = np.exp(np.array(weights) - max(weights))
    chance /= chance.sum()
    middle = chance @ np.array(means)
    return middle, np.sqrt(np.maximum(chance @ np.array(squares) - middle**2, 1e-12))
