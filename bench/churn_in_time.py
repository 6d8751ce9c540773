"""The churn bars in worlds whose truth is known: calibration in later months, lifetime value against what is expected there.

Seeds 0 to 4, some four minutes of one core; `BEHOUD_SEEDS=100-119` plays others, `BEHOUD_WORLDS=base,hidden` fewer worlds.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import chi2
from scipy.stats import t as student

from bench.public import row
from models.causes import CAUSES, VOLUNTARY
from training.evaluation.binary import calibration_line, ece
from training.worlds.churn import Judged, judge_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.features import Floats

PLAYED = "base,no-effect,hidden,sleeping-dogs,price-rise"


def measure() -> list[dict[str, Any]]:
    """Bar 4 of the laboratory, by world: all seeds together."""
    first, last = (int(seed) for seed in os.environ.get("BEHOUD_SEEDS", "0-4").split("-"))
    rows = []
    for world in os.environ.get("BEHOUD_WORLDS", PLAYED).split(","):
        played = []
        for seed in range(first, last + 1):
            sys.stderr.write(f"  {world} {seed}\n")
            played.append(judge_world(world, seed))
        rows += _rows(world, played)
    return rows


def _rows(world: str, played: list[Judged]) -> list[dict[str, Any]]:
    left, hazard = (np.concatenate([getattr(one, name) for one in played]) for name in ("left", "hazard"))
    months = np.concatenate([one.month + 1000 * seed for seed, one in enumerate(played)])
    slope, low, high = slope_and_interval(left, hazard, months)
    gap = ece(left, hazard)
    ours, rule, within = (
        np.array([np.abs(getattr(one, name) - one.truth).mean() for one in played])
        for name in ("ours", "by_rate", "by_rate_within")
    )
    ratio, among = float(ours.sum() / rule.sum()), ours / rule
    return [
        row(
            f"{world} churn slope",
            slope,
            f"95 %: {low:.2f} to {high:.2f}, {left.sum():.0f} left",
            ".9 to 1.1",
            0.9 <= slope <= 1.1,
        ),
        row(f"{world} churn ECE", gap, f"probability, rate {left.mean():.4f}", "<= 0.02", gap <= 0.02),
        row(
            f"{world} CLV MAE / margin by rate",
            ratio,
            f"EUR {ours.mean():.0f} / {rule.mean():.0f}, seeds {among.min():.2f} to {among.max():.2f}",
            "<= 0.5",
            ratio <= 0.5,
        ),
        row(
            f"{world} CLV MAE / within horizon",
            float(ours.sum() / within.sum()),
            f"EUR {ours.mean():.0f} / {within.mean():.0f}",
            "",
            None,
        ),
        *_by_cause(world, played),
    ]


def _by_cause(world: str, played: list[Judged]) -> Iterator[dict[str, Any]]:
    """Expected over lost in the later months, of each cause; the interval is that of a Poisson number of lost."""
    for cause in (*CAUSES, VOLUNTARY):
        lost, expected = (
            sum(one.causes.get(f"{cause}.{what}", 0.0) for one in played) for what in ("left", "expected")
        )
        low, high = chi2.ppf(0.025, 2 * max(lost, 0.5)) / 2, chi2.ppf(0.975, 2 * lost + 2) / 2
        says = f"{lost:.0f} lost, 95 %: {expected / high:.2f} to {expected / low:.2f}"
        yield row(f"{world} {cause} expected / lost", expected / max(lost, 1.0), says, "", None)


def slope_and_interval(left: Floats, hazard: Floats, months: Floats) -> tuple[float, float, float]:
    """The calibration slope with its 95 % interval; what all customers of a month have in common makes a month the unit (sandwich by clusters, Student's t)."""
    logits = np.log(hazard / (1.0 - hazard))
    shift, slope = calibration_line(left, logits)
    design = np.column_stack([np.ones_like(logits), logits])
    chance = 1.0 / (1.0 + np.exp(-shift - slope * logits))
    bread = np.linalg.inv(design.T @ (design * (chance * (1.0 - chance))[:, None]))
    known, month = np.unique(months, return_inverse=True)
    scores = np.column_stack([np.bincount(month, part * (left - chance)) for part in design.T])
    error = np.sqrt((bread @ (scores.T @ scores) @ bread)[1, 1] * known.size / (known.size - 1))
    reach = float(student.ppf(0.975, known.size - 1)) * float(error)
    return slope, slope - reach, slope + reach
