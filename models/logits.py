"""From the logit of a chance back to the chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats


def sigmoid(logit: float) -> float:
    """1 / (1 + e^-logit), without overflow."""
    if logit >= 0.0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def sigmoids(logits: Floats) -> Floats:
    """The same for an array of any shape."""
    odds: Floats = 1.0 / (1.0 + np.exp(np.minimum(-logits, _LARGE)))
    return odds


_LARGE = 700.0
"""The exponential of more does not fit a double; the chance is then 0 to more digits than there are."""
