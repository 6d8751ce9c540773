"""Where the level of leaving stands: months differ by chance, by shocks that pass, and by drift that stays or dies away.

    ln(left / expected) of a month = level + shock + chance,     level = kept · level of the month before + drift

A local level model (Harvey 1989) for each strength of shocks and drift and each share kept, filtered month by month. A year of months seldom tells a
drift that stays from one that dies away, or from a season. So none is picked: each counts by its likelihood (Bayesian model averaging), and what
they expect of the year to come is averaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats

DRIFTS = (0.03, 0.06, 0.12, 0.25)
SHOCKS = (0.0, 0.1, 0.2, 0.35, 0.6)
"""Standard deviations a month."""
KEPT = ((1.0,), (0.5, 0.8, 0.9))
"""Of the level, a month later: all where drift stays; where it dies away, half of it is gone after one, three or seven months."""
UNSURE = 0.5
"""Standard deviation of the level before the first month, where drift stays."""
AHEAD = np.arange(1, 13)
"""Months the level is expected over: until a season has come round."""
FEWEST_MONTHS = 5


def level_now(left: Floats, expected: Floats) -> float:
    """The level of the year to come, against the mean of all: what to add to the logit of a hazard that is small. Both (months,), in order.

    No drift, drift that stays, and drift that dies away are held equally likely beforehand. 0 for fewer than five months.
    """
    if left.size < FEWEST_MONTHS:
        return 0.0
    found, chance = np.log((left + 0.5) / (expected + 0.5)), 1.0 / (expected + 0.5)
    stories = [((1.0,), (0.0,)), *((kept, DRIFTS) for kept in KEPT)]
    weighed = []
    for shares, drifts in stories:
        for kept in shares:
            for drift in drifts:
                for shock in SHOCKS:
                    likelihood, level = _filtered(found, chance + shock**2, drift**2, kept)
                    prior = np.log(len(shares) * len(drifts))
                    weighed.append((likelihood - prior, level * np.mean(kept**AHEAD)))
    likelihoods, levels = np.array(weighed).T
    weights = np.exp(likelihoods - likelihoods.max())
    return float(weights @ levels / weights.sum())


def balance(churned: Floats, logits: Floats, weight: Floats, *, unsure: float = np.inf) -> float:
    """What to add to all logits so that as many are expected to leave as left; `unsure`: how far that may be from 0, as a standard deviation."""
    shift = 0.0
    for _ in range(20):
        chances = 1.0 / (1.0 + np.exp(-(logits + shift)))
        pull = weight @ (churned - chances) - shift / unsure**2
        shift += float(np.clip(pull / (weight @ (chances * (1.0 - chances)) + unsure**-2), -1.0, 1.0))
    return shift


def _filtered(found: Floats, noise: Floats, drift: float, kept: float) -> tuple[float, float]:
    """(log-likelihood of each month given those before it, level after the last one), all by their variances.

    The first level: the mean of all where nothing drifts, anywhere near it where drift stays, as far off as drift leads where it dies away.
    """
    level, likelihood = 0.0, 0.0
    unsure = 0.0 if not drift else UNSURE**2 if kept == 1.0 else drift / (1.0 - kept**2)
    for seen, around in zip(found.tolist(), noise.tolist(), strict=True):
        spread = unsure + around
        miss = seen - level
        likelihood -= 0.5 * (np.log(spread) + miss**2 / spread)
        level = kept * (level + unsure / spread * miss)
        unsure = kept**2 * unsure * around / spread + drift
    return float(likelihood), level / kept
