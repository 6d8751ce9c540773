"""What somebody should be woken for: limits on figures that are measured anyway."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from models.insights import Watched

Alarm = Literal["drift", "calibration", "sample_ratio", "exploration_cap", "learner_lag"]
ALARMS: Final[tuple[Alarm, ...]] = get_args(Alarm)
PSI_LIMIT: Final = 0.25
"""A fact has moved far: the usual reading of the population stability index."""
SLOPE_LIMIT: Final = 0.2
"""How far from 1 the slope of a calibration line may be, if that is more than luck."""
RATIO_LIMIT: Final = 0.001
LAG_LIMIT: Final = 60.0
"""Seconds."""


def ringing(watched: Watched | None, *, given_up: float, most: float, lag: float) -> dict[Alarm, bool]:
    """Which alarms ring. `given_up` of `most` euros today, `most` is 0 where nothing explores; `lag` in seconds, NaN where no learner ever ran."""
    return {
        "drift": watched is not None and any(psi > PSI_LIMIT for psi in watched.drift.values()),
        "calibration": watched is not None
        and any(
            abs(slope.value - 1.0) > SLOPE_LIMIT and not slope.low <= 1.0 <= slope.high
            for slope in watched.calibration.values()
        ),
        "sample_ratio": watched is not None and any(p < RATIO_LIMIT for p in watched.sample_ratio.values()),
        "exploration_cap": 0.0 < most <= given_up,
        "learner_lag": not math.isnan(lag) and lag > LAG_LIMIT,
    }
