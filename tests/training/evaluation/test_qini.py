"""The Qini coefficient: by hand, against a slow twin, and what chance gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from training.evaluation.qini import Held, Trial, coefficient, curve, judged

BY_HAND = Trial(np.array([True, False, True, False]), np.array([1.0, 0.0, 0.0, 1.0]))
DOWNWARDS = np.array([4.0, 3.0, 2.0, 1.0])


def a_trial(n: int = 3000, seed: int = 1) -> tuple[Trial, np.ndarray]:
    """A third is treated; the treatment adds .3 to the chance of those with a trait (second: whose it is), nothing to others."""
    dice = np.random.default_rng(seed)
    trait, treated = dice.random(n) < 0.5, dice.random(n) < 0.33
    return Trial(treated, (dice.random(n) < 0.2 + 0.3 * (trait & treated)).astype(float)), trait.astype(float)


def slowly(trial: Trial, score: np.ndarray) -> float:
    """The definition, customer by customer."""
    points = [(0.0, 0.0)]
    for least in sorted(set(score.tolist()), reverse=True):
        sums = {True: [0, 0.0], False: [0, 0.0]}
        for treated, outcome, own in zip(*trial, score, strict=True):
            if own >= least:
                sums[bool(treated)][0] += 1
                sums[bool(treated)][1] += outcome
        (n_t, y_t), (n_c, y_c) = sums[True], sums[False]
        added = y_t - (y_c * n_t / n_c if n_c else 0.0)
        points.append(((n_t + n_c) / len(score), added / trial.treated.sum()))
    end = points[-1][1]
    area = sum((right[0] - left[0]) * (right[1] + left[1]) / 2 for left, right in pairwise(points))
    return area - end / 2


def test_four_customers_by_hand() -> None:
    share, gain = curve(BY_HAND, DOWNWARDS)
    assert share.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert gain.tolist() == [0.0, 0.5, 0.5, 0.5, 0.0]
    assert coefficient(BY_HAND, DOWNWARDS) == 0.375


@pytest.mark.parametrize("levels", [3, 40, 10**9])
def test_it_is_what_counting_customer_by_customer_gives(levels: int) -> None:
    dice = np.random.default_rng(levels)
    trial = Trial(dice.random(60) < 0.4, dice.normal(size=60))
    score = dice.integers(0, levels, 60).astype(float)
    assert coefficient(trial, score) == pytest.approx(slowly(trial, score), abs=1e-12)


def test_who_is_told_apart_by_nothing_is_targeted_at_random() -> None:
    assert coefficient(BY_HAND, np.ones(4)) == 0.0


def test_the_interval_of_who_is_changed_lies_above_chance_and_that_of_a_lottery_does_not() -> None:
    trial, trait = a_trial()
    everybody = np.arange(len(trait))
    lottery = np.random.default_rng(7).random(len(trait))
    found = judged(trial, {"trait": [Held(everybody, trait)], "lottery": [Held(everybody, lottery)]}, 1, 200)
    assert found["trait"][0].above_zero
    assert found["trait"][0].mean == coefficient(trial, trait)
    # Those with the trait are half of the customers and gain .3: a triangle of base 1 and height .15 - .075.
    assert found["trait"][0].mean == pytest.approx(0.0375, abs=0.01)
    assert found["lottery"][0].low < 0.0 < found["lottery"][0].high


def test_parts_are_judged_apart_and_averaged() -> None:
    trial, trait = a_trial()
    first, second = np.arange(1500), np.arange(1500, 3000)
    parts = [Held(first, trait[first]), Held(second, 100.0 + trait[second])]
    apart = [coefficient(trial.take(rows), trait[rows]) for rows in (first, second)]
    assert judged(trial, {"trait": parts}, 1, 2)["trait"][0].mean == pytest.approx(np.mean(apart), abs=1e-12)


def test_a_score_and_its_copy_never_differ_in_any_draw() -> None:
    trial, trait = a_trial(300)
    held = [Held(np.arange(300), trait)]
    found = judged(trial, {"one": held, "copy": held}, 1, 50)
    assert (found["one"][1] == found["copy"][1]).all()
    assert found["one"][1].std() > 0.0
