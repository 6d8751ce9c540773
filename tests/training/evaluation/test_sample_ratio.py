"""Arms that do not hold what chance should have given them are no experiment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from training.evaluation.sample_ratio import sample_ratio


def test_the_p_is_that_of_pearson() -> None:
    found = sample_ratio([5100, 4900, 9800], [1, 1, 2])
    assert found.expected == (4950.0, 4950.0, 9900.0)
    assert found.p == pytest.approx(chisquare([5100, 4900, 9800], [4950, 4950, 9900]).pvalue, rel=1e-12)
    assert not found.mismatch


def test_51_to_49_of_a_hundred_thousand_is_caught_and_half_and_half_is_not() -> None:
    dice = np.random.default_rng(0)

    def caught(share: float) -> float:
        firsts = dice.binomial(100_000, share, 1000).tolist()
        return float(np.mean([sample_ratio([n, 100_000 - n], [0.5, 0.5]).mismatch for n in firsts]))

    assert caught(0.51) >= 0.99
    assert caught(0.5) <= 0.005


def test_nobody_yet_is_no_mismatch() -> None:
    assert sample_ratio([0, 0], [0.5, 0.5]).p == 1.0


@pytest.mark.parametrize(("counts", "shares"), [([3], [1]), ([3, 4], [1]), ([3, 4], [1, 0])])
def test_shares_must_say_what_was_planned(counts: list[int], shares: list[float]) -> None:
    with pytest.raises(ValueError, match="two arms or more"):
        sample_ratio(counts, shares)
