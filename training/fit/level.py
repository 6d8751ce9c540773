"""Where the level of leaving stands: months differ by chance, by shocks that pass, and by drift that stays.

    ln(left / expected) of a month = level + shock + chance,     level = level of the month before + drift

A local level model (Harvey 1989), filtered month by month; how strong drift and shocks are is what predicts each month best from those before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats

DRIFTS = (0.0, 0.03, 0.06, 0.12, 0.25)
SHOCKS = (0.0, 0.1, 0.2, 0.35, 0.6)
"""Standard deviations a month."""
UNSURE = 0.5
"""Standard deviation of the level before the first month."""
WORTH_IT = 1.0
"""Log-likelihood that drift must gain, as one more parameter has to (Akaike)."""
FEWEST_MONTHS = 5


def level_now(left: Floats, expected: Floats) -> float:
    """The level after the last month, against the mean of all: what to add to the logit of a hazard that is small. Both (months,), in order.

    0 where drift explains nothing that shocks and chance do not, and for fewer than five months.
    """
    if left.size < FEWEST_MONTHS:
        return 0.0
    found, chance = np.log((left + 0.5) / (expected + 0.5)), 1.0 / (expected + 0.5)
    fits = {
        (drift, shock): _filtered(found, chance + shock**2, drift**2) for drift in DRIFTS for shock in SHOCKS
    }
    still = max(likelihood for (drift, _), (likelihood, _) in fits.items() if not drift)
    likelihood, level = max(fits.values())
    return level if likelihood > still + WORTH_IT else 0.0


def _filtered(found: Floats, noise: Floats, drift: float) -> tuple[float, float]:
    """(log-likelihood of each month given those before it, level after the last one), all by their variances."""
    level, unsure, likelihood = 0.0, UNSURE**2, 0.0
    for seen, around in zip(found.tolist(), noise.tolist(), strict=True):
        unsure += drift
        spread = unsure + around
        miss = seen - level
        likelihood -= 0.5 * (np.log(spread) + miss**2 / spread)
        level += unsure / spread * miss
        unsure *= around / spread
    return float(likelihood), level
