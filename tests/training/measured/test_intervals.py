"""Intervals are those of the field, held against others' code and published cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap

from tests.training.report.small_worlds import plain
from training.measured.intervals import Estimate, between, difference, mean, number, percents, share


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("yes", "n"), [(0, 1), (1, 1), (0, 12), (12, 12), (3, 40), (812, 1000)])
def test_a_share_has_the_wilson_interval_of_scipy(yes: int, n: int, level: float) -> None:
    theirs = binomtest(yes, n).proportion_ci(level, method="wilson")
    found = share(yes, n, level)
    assert found == pytest.approx((yes / n, theirs.low, theirs.high, n), abs=1e-12)


@pytest.mark.parametrize(("yes", "n"), [(0, 0), (2, 1), (-1, 3)])
def test_a_share_of_nobody_is_refused(yes: int, n: int) -> None:
    with pytest.raises(ValueError, match="give at least one"):
        share(yes, n)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0000),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_a_difference_has_the_interval_newcombe_published(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Statistics in Medicine 17 (1998), table II, method 10."""
    found = difference(share(*one), share(*other))
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_a_mean_has_the_interval_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(3).gamma(2.0, 10.0, 400)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=9999, method="percentile", rng=np.random.default_rng(8)
    )
    found = mean(values)
    assert (found.value, found.n) == (pytest.approx(values.mean()), 400)
    wide = values.std() / 20
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.3 * wide)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.3 * wide)


def test_what_one_customer_did_four_times_is_no_four_customers() -> None:
    values = np.repeat(np.random.default_rng(4).normal(size=50), 4)
    alone, together = mean(values), mean(values, np.repeat(np.arange(50), 4))
    assert together.value == pytest.approx(alone.value)
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(2.0, abs=0.3)


def test_the_same_customers_give_the_same_interval() -> None:
    values = np.arange(30.0)
    assert mean(values) == mean(values)


def test_figures_are_written_with_their_interval() -> None:
    found = Estimate(0.0421, 0.0389, 0.0456, 1000)
    assert plain(percents(found)) == "4.2 % [3.9, 4.6]"
    assert plain(between(found, 0, 100.0)) == "[4, 5]"
    assert plain(number(Estimate(1234.5, 1200.0, 1270.0, 3), 0)) == "1,234 [1,200, 1,270]"
