"""What the catalogue says an action earns in its first year, in euros, leaving aside whether it is accepted and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.goods import LIST

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Flags, Floats

YEAR = 12
MARGIN = np.array([good.margin for good in LIST]) / 100.0
"""(P,) euros a month."""
FAMILY = np.array([good.family for good in LIST])
REPLACES = (FAMILY[:, None] == FAMILY[None, :]) & ~np.eye(len(LIST), dtype=bool)
"""(P, P): what taking one (row) gives up of what is held: another one of its family."""
GIVEN = (deeds.DISCOUNT * np.minimum(deeds.MONTHS, YEAR) + deeds.COST) / 100.0
"""(deeds,) euros of discount within a year, and the cost on acceptance."""


def sale_values(held: Flags) -> Floats:
    """(m, deeds) euros: margin of the product for a year, less that of what it replaces, the discount and the cost; 0 of what sells nothing."""
    gain = MARGIN - held.astype(np.float64) @ (REPLACES * MARGIN).T
    return np.where(deeds.SALE, YEAR * gain[:, np.maximum(deeds.SELLS, 0)] - GIVEN, 0.0)


def save_values(held: Flags) -> Floats:
    """(m, deeds) euros: the margin of all that is held for a year, less discount and cost; 0 of what is no save."""
    return np.where(deeds.SAVE, YEAR * (held @ MARGIN)[:, None] - GIVEN, 0.0)
