"""A small world: what is learned from its first months holds later, and against the truth."""

import numpy as np

from models.causes import CAUSES, VOLUNTARY
from training.evaluation.binary import calibration_slope, ece
from training.worlds.churn import judge_world


def test_hazards_hold_in_later_months_and_lifetime_values_beat_the_rule_of_thumb() -> None:
    judged = judge_world("base", seed=0, customers=1500, learned=8, later=4, lucks=2)
    assert ece(judged.left, judged.hazard) <= 0.02
    assert 0.6 < calibration_slope(judged.left, judged.hazard) < 1.5  # some 100 leavers judge it
    assert sum(judged.causes[f"{cause}.left"] for cause in (*CAUSES, VOLUNTARY)) == judged.left.sum()
    lost, expected = (judged.causes[f"voluntary.{what}"] for what in ("left", "expected"))
    assert 0.6 < expected / lost < 1.6
    ours, by_rate, within = (
        np.abs(euros - judged.truth).mean() for euros in (judged.ours, judged.by_rate, judged.by_rate_within)
    )
    assert ours < 0.8 * by_rate
    assert ours < within
