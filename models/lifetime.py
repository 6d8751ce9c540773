"""What a customer is worth to come: V(S, h) of the holdings he has, no offer made.

V = sum over t = 1..H of m_t · G(t) / (1+d)^t,      G(t) = product of (1 - h) over every cause
"""

from __future__ import annotations

import numpy as np

from models.value import Floats, present_weights


def lifetime_value(
    margin: Floats, hazard: Floats, yearly_discount: float, other: Floats | None = None
) -> Floats:
    """Euros: margin a month (.., H) and hazards of leaving by oneself and for other causes (.., H) -> (..)."""
    value: Floats = np.einsum("...h,...h->...", margin, present_weights(hazard, yearly_discount, other))
    return value
