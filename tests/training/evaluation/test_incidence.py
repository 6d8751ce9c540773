"""Cumulative incidence by cause, against a handful done by hand, statsmodels, and a world that is known."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from training.evaluation.incidence import aalen_johansen
from training.evaluation.survival import kaplan_meier


def some_spells(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Months and causes: two causes take 6 and 2 % a month, and some are lost from sight."""
    dice = np.random.default_rng(seed)
    one, other, sight = dice.geometric(0.06, n), dice.geometric(0.02, n), dice.integers(1, 20, n)
    end = np.minimum(np.minimum(one, other), sight)
    return end, np.select([other <= end, one <= end], [1, 0], -1)


def test_the_incidences_of_a_handful_are_those_done_by_hand() -> None:
    one, other = aalen_johansen(np.array([1, 2, 2, 3]), np.array([0, -1, 1, 0]), 2)
    assert one.share == pytest.approx([0, 1 / 4, 1 / 4, 1 / 4 + 3 / 4 * 2 / 3])
    assert other.share == pytest.approx([0, 0, 3 / 4 * 1 / 3, 1 / 4])
    assert (one.lost.tolist(), other.lost.tolist()) == ([0, 1, 0, 1], [0, 0, 1, 0])


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_those_of_statsmodels(seed: int) -> None:
    end, cause = some_spells(300, seed)
    found = aalen_johansen(end, cause, 2)
    theirs = CumIncidenceRight(end.astype(float), cause + 1)
    months = theirs.times.astype(int)
    for ours, cinc in zip(found, theirs.cinc, strict=True):
        assert ours.share[months] == pytest.approx(cinc)


def test_causes_and_survival_add_up_to_one() -> None:
    end, cause = some_spells(500, 9)
    found = aalen_johansen(end, cause, 2)
    assert sum(one.share for one in found) + kaplan_meier(end, cause >= 0).share == pytest.approx(1.0)


def test_the_interval_covers_the_truth_nineteen_times_in_twenty() -> None:
    stays = 0.94 * 0.98
    truth, inside = 0.02 * (1 - stays**12) / (1 - stays), 0
    for seed in range(400):
        rare = aalen_johansen(*some_spells(400, 1000 + seed), 2)[1]
        inside += bool(rare.low[12] <= truth <= rare.high[12])
    assert 0.92 <= inside / 400 <= 0.98


def test_a_cause_that_took_nobody_or_everybody_is_sure() -> None:
    one, other = aalen_johansen(np.array([2, 2]), np.array([0, 0]), 2)
    assert one.share.tolist() == one.low.tolist() == one.high.tolist() == [0.0, 0.0, 1.0]
    assert other.share.tolist() == other.high.tolist() == [0.0, 0.0, 0.0]
