"""What somebody should be woken for: limits on figures that are measured anyway."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from models.insights import Watched

Alarm = Literal[
    "drift", "calibration", "sample_ratio", "exploration_cap", "learner_lag", "shadow", "insights"
]
ALARMS: Final[tuple[Alarm, ...]] = get_args(Alarm)
PSI_LIMIT: Final = 0.25
"""A fact has moved far: the usual reading of the population stability index."""
SLOPE_LIMIT: Final = 0.2
"""How far from 1 the slope of a calibration line may be, if that is more than luck."""
LEVEL_LIMIT: Final = 1.25
"""How many times more or less than foretold may be seen, if that is more than luck."""
RATIO_LIMIT: Final = 0.001
LAG_LIMIT: Final = 60.0
SILENT_LIMIT: Final = 60.0
"""Seconds."""


def ringing(
    watched: Watched | None,
    *,
    given_up: float,
    most: float,
    lag: float,
    silent: float = math.nan,
    refused: bool = False,
) -> dict[Alarm, bool]:
    """Which alarms ring.

    `given_up` of `most` euros today, `most` is 0 where nothing explores; `lag` in seconds, NaN where no learner ever ran; `silent`: seconds
    since the process in the shadow was heard of, NaN where there is to be none; `refused`: newer insights are there and cannot be shown.
    """
    return {
        "drift": watched is not None and any(psi > PSI_LIMIT for psi in watched.drift.values()),
        "calibration": watched is not None and _miscalibrated(watched),
        "sample_ratio": watched is not None and any(p < RATIO_LIMIT for p in watched.sample_ratio.values()),
        "exploration_cap": 0.0 < most <= given_up,
        "learner_lag": lag > LAG_LIMIT,
        "shadow": silent > SILENT_LIMIT,
        "insights": refused,
    }


def _miscalibrated(watched: Watched) -> bool:
    """A line may have the right slope and lie twice too low."""
    off = [one for one in watched.calibration.values() if abs(one.value - 1.0) > SLOPE_LIMIT]
    levels = [one for one in watched.level.values() if not 1.0 / LEVEL_LIMIT <= one.value <= LEVEL_LIMIT]
    found = [(one.low, one.high) for one in off] + [(one.low, one.high) for one in levels]
    return any(not low <= 1.0 <= high for low, high in found)
