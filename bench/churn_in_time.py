"""The churn bars in worlds whose truth is known: calibration in later months, lifetime value against what is expected there.

`BEHOUD_SEEDS=100-119` plays other seeds than 0 and 1.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from bench.public import row
from training.evaluation.binary import calibration_slope, ece
from training.worlds.churn import Judged, judge_world

PLAYED = ("base", "no-effect", "hidden", "sleeping-dogs", "price-rise")


def measure() -> list[dict[str, Any]]:
    """Bar 4 of the laboratory, by world: all seeds together."""
    first, last = (int(seed) for seed in os.environ.get("BEHOUD_SEEDS", "0-1").split("-"))
    seeds = range(first, last + 1)
    return [line for world in PLAYED for line in _rows(world, [judge_world(world, seed) for seed in seeds])]


def _rows(world: str, played: list[Judged]) -> list[dict[str, Any]]:
    left, hazard = (np.concatenate([getattr(one, name) for one in played]) for name in ("left", "hazard"))
    slope, gap = calibration_slope(left, hazard), ece(left, hazard)
    low, high = _interval(played)
    ours, rule, within = (
        float(np.mean([np.abs(getattr(one, name) - one.truth).mean() for one in played]))
        for name in ("ours", "by_rate", "by_rate_within")
    )
    return [
        row(
            f"{world} churn slope",
            slope,
            f"seeds' middle 95 %: {low:.2f} to {high:.2f}",
            ".9 to 1.1",
            0.9 <= slope <= 1.1,
        ),
        row(f"{world} churn ECE", gap, f"probability, rate {left.mean():.4f}", "<= 0.02", gap <= 0.02),
        row(
            f"{world} CLV MAE / margin by rate",
            ours / rule,
            f"EUR {ours:.0f} / {rule:.0f}",
            "<= 0.5",
            ours / rule <= 0.5,
        ),
        row(f"{world} CLV MAE / within horizon", ours / within, f"EUR {ours:.0f} / {within:.0f}", "", None),
    ]


def _interval(played: list[Judged]) -> tuple[float, float]:
    slopes = [calibration_slope(one.left, one.hazard) for one in played]
    low, high = np.quantile(slopes, [0.025, 0.975])
    return float(low), float(high)
