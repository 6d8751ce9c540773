"""The adaptive model, held against a case worked out by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import beta

from training.worlds.adaptive import bands_of, learned
from training.worlds.pega import drawn, priority

# Five responses to one action in one channel, three of them yes. Two predictors: bill (low, middle, high: cells 0, 1, 2) and tv (no, yes: cells 3, 4).
#
#   bill  tv   said        bill: low 2 yes 0 no, middle 1 yes 1 no, high 0 yes 1 no
#   low   no   yes         tv:   no 1 yes 2 no, yes 2 yes 0 no
#   low   yes  yes
#   mid   yes  yes
#   mid   no   no
#   high  no   no
CELLS = np.array([[0, 3], [0, 4], [1, 4], [1, 3], [2, 3]])
YES = np.array([True, True, True, False, False])
BINS = np.array([3, 3, 3, 2, 2])
ODDS = log(1 + 3) - log(1 + 2)
BY_HAND = {
    "low": log(2 + 1 / 3) - log(0 + 1 / 3) - ODDS,
    "middle": log(1 + 1 / 3) - log(1 + 1 / 3) - ODDS,
    "high": log(0 + 1 / 3) - log(1 + 1 / 3) - ODDS,
    "no tv": log(1 + 1 / 2) - log(2 + 1 / 2) - ODDS,
    "tv": log(2 + 1 / 2) - log(0 + 1 / 2) - ODDS,
}


def test_a_bin_contributes_its_log_odds_against_those_of_all() -> None:
    assert learned(CELLS, YES, BINS).contribution == pytest.approx([*BY_HAND.values()], abs=1e-12)
    assert [*BY_HAND.values()] == pytest.approx(
        [1.658228, -0.287682, -1.673976, -0.798508, 1.321756], abs=1e-6
    )


def test_the_score_is_the_mean_over_the_predictors_and_one() -> None:
    score = learned(CELLS, YES, BINS).score(CELLS)
    assert score[0] == pytest.approx((ODDS + BY_HAND["low"] + BY_HAND["no tv"]) / 3, abs=1e-12)
    assert score == pytest.approx([0.382467, 1.089222, 0.440585, -0.266169, -0.728267], abs=1e-6)


def test_the_propensity_is_that_of_the_band_in_which_the_score_falls() -> None:
    # By score: high-no (no), middle-no (no), low-no (yes), middle-tv (yes), low-tv (yes): pooled, two bands of 0 of 2 and 3 of 3.
    model = learned(CELLS, YES, BINS)
    assert model.bands.positive.tolist() == [0, 3]
    assert model.bands.negative.tolist() == [2, 0]
    low, high = (0.5 + 0) / (1 + 0 + 2), (0.5 + 3) / (1 + 3 + 0)
    assert model.propensity(CELLS).tolist() == pytest.approx([high, high, high, low, low])
    assert model.propensity(np.array([[2, 4]])) == pytest.approx([low])  # -.0166 lies between the bands


def test_an_action_nobody_has_answered_starts_at_a_half() -> None:
    model = learned(CELLS[:0], YES[:0], BINS)
    assert model.propensity(CELLS).tolist() == [0.5] * 5
    assert model.evidence == 0


def test_bands_rise_and_lose_no_response() -> None:
    generator = np.random.default_rng(3)
    score = generator.normal(size=400)
    yes = generator.random(400) < 1 / (1 + np.exp(-score))
    bands = bands_of(score, yes)
    assert (np.diff(bands.positive / (bands.positive + bands.negative)) > 0).all()
    assert (bands.positive.sum(), bands.negative.sum()) == (yes.sum(), (~yes).sum())
    assert 3 <= len(bands.least) <= 10


def test_the_draw_is_a_quantile_of_the_beta_of_what_was_seen() -> None:
    found = drawn(np.array([0.5, 0.875]), np.array([0.0, 5.0]), np.array([0.3, 0.3]))
    assert found == pytest.approx([0.3, beta.ppf(0.3, 1 + 4.375, 1 + 0.625)])


def test_priority_multiplies_draw_value_context_and_levers() -> None:
    assert priority(np.array([0.25]), np.array([60.0]), 50.0, -20.0) == pytest.approx([0.25 * 60 * 1.5 * 0.8])
