from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import CensoredData, ecdf

from training.evaluation.survival import (
    WATCHED,
    expected_survival,
    kaplan_meier,
    survival_by,
    survival_of,
    watched,
)


def some_spells(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    leaves, lost = dice.geometric(0.08, n), dice.integers(1, 20, n)
    return np.minimum(leaves, lost), leaves <= lost


def test_the_curve_of_a_handful_is_the_one_done_by_hand() -> None:
    curve = kaplan_meier(np.array([1, 2, 2, 3]), np.array([True, False, True, False]))
    assert curve.at_risk.tolist() == [4, 4, 3, 1]
    assert curve.left.tolist() == [0, 1, 1, 0]
    assert curve.share == pytest.approx([1, 3 / 4, 1 / 2, 1 / 2])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_curve_and_interval_are_those_of_scipy(seed: int, level: float) -> None:
    end, left = some_spells(200, seed)
    curve = kaplan_meier(end, left, level=level)
    theirs = ecdf(CensoredData(uncensored=end[left], right=end[~left])).sf
    interval = theirs.confidence_interval(level, method="log-log")
    months = theirs.quantiles.astype(int)
    inner = (theirs.probabilities > 0.0) & (theirs.probabilities < 1.0)
    assert curve.share[months] == pytest.approx(theirs.probabilities)
    assert curve.low[months][inner] == pytest.approx(interval.low.probabilities[inner])
    assert curve.high[months][inner] == pytest.approx(interval.high.probabilities[inner])


def test_the_interval_covers_the_truth_nineteen_times_in_twenty() -> None:
    truth, inside = 0.92**12, 0
    for seed in range(400):
        curve = kaplan_meier(*some_spells(300, 1000 + seed))
        inside += bool(curve.low[12] <= truth <= curve.high[12])
    assert 0.92 <= inside / 400 <= 0.98


def test_months_before_the_watching_began_are_no_evidence() -> None:
    """Whoever comes into view late has stayed until then, or would not have come."""
    dice = np.random.default_rng(5)
    leaves, enters = dice.geometric(0.08, 40_000), dice.integers(0, 10, 40_000)
    seen = leaves > enters
    end = np.minimum(leaves, 24)[seen]
    left, start = (leaves <= 24)[seen], enters[seen]
    assert kaplan_meier(end, left, start).share[12] == pytest.approx(0.92**12, abs=0.01)
    assert kaplan_meier(end, left).share[12] > 0.92**12 + 0.03


def test_a_month_in_which_nobody_was_watched_ends_the_curve() -> None:
    curve = kaplan_meier(np.array([2, 6]), np.array([False, True]), np.array([0, 4]))
    assert curve.at_risk.tolist() == [1, 1, 1]


def test_where_all_are_gone_or_none_the_curve_is_sure() -> None:
    curve = kaplan_meier(np.array([2, 2]), np.array([True, True]))
    assert curve.share.tolist() == curve.low.tolist() == curve.high.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(("end", "start"), [([], []), ([3], [3]), ([3], [-1])])
def test_a_spell_without_a_month_is_refused(end: list[int], start: list[int]) -> None:
    with pytest.raises(ValueError, match="watched for at least one month"):
        kaplan_meier(np.array(end, dtype=np.int64), np.zeros(len(end), dtype=bool), np.array(start, np.int64))


CUSTOMERS = pl.DataFrame(
    {
        "customer_id": ["A", "A", "A", "B", "B", "B", "C", "D", "D", "E"],
        "month": [date(2025, m, 1) for m in (11, 12, 10, 10, 12, 11, 10, 10, 12, 12)],
        "region": ["n", "n", "s", "n", None, "n", None, "n", "n", "n"],
        "churned": [False, True, False, False, None, False, True, False, True, None],
        "churn_motive": [None, "price", None, None, None, None, "unavoidable", None, "price", None],
    }
)


def test_watching_ends_with_leaving_with_a_gap_and_with_what_is_not_known() -> None:
    spells = watched(CUSTOMERS, segment="region")
    assert spells.columns == [*WATCHED, "segment"]
    assert spells.rows() == [
        ("A", date(2025, 10, 1), 3, True, "s"),
        ("B", date(2025, 10, 1), 2, False, "n"),
        ("C", date(2025, 10, 1), 1, True, None),
        ("D", date(2025, 10, 1), 1, False, "n"),
    ]


def test_who_left_for_another_cause_is_only_not_seen_any_longer() -> None:
    spells = watched(CUSTOMERS, other_causes=("unavoidable",))
    assert spells["left"].to_list() == [True, False, False, False]
    assert watched(CUSTOMERS.drop("churn_motive"), other_causes=("unavoidable",))["left"].to_list()[2]


def test_a_table_that_does_not_know_who_left_gives_no_spells() -> None:
    assert watched(CUSTOMERS.drop("churned")).is_empty()


def test_there_is_a_curve_for_each_group_that_is_large_enough() -> None:
    spells = watched(CUSTOMERS, segment="region")
    curves = survival_by(spells, "segment", fewest=1)
    assert list(curves) == ["n", "s", "unknown"]
    assert curves["n"].share.tolist() == [1.0, 1.0, 1.0]
    assert list(survival_by(spells, "segment", fewest=2)) == ["n"]
    assert survival_of(spells).at_risk.tolist() == [4, 4, 2, 1]


def test_what_a_model_expects_is_the_mean_of_the_curves() -> None:
    assert expected_survival(np.array([[0.5, 0.5], [0.0, 0.0]])) == pytest.approx([1.0, 0.75, 0.625])
