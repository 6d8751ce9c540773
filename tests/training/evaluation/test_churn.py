import numpy as np
import pytest

from training.evaluation.churn import empc, judge_churn

LABELS = np.array([1.0, 0.0, 0.0, 0.0])


def test_a_perfect_ranking_targets_the_churners_alone() -> None:
    # A quarter churns; each is worth 190 if kept (chance .3 on average) and costs 1 to reach.
    assert empc(LABELS, np.array([0.9, 0.1, 0.1, 0.1])) == pytest.approx(0.25 * (0.3 * 190 - 1), abs=0.01)


def test_a_worthless_customer_is_left_alone() -> None:
    assert empc(LABELS, np.array([0.9, 0.1, 0.1, 0.1]), value=10.0) == 0.0


def test_equal_hazards_are_targeted_together_or_not_at_all() -> None:
    everybody = 0.25 * (0.3 * 190 - 1) - 0.75 * 11
    assert everybody < empc(LABELS, np.full(4, 0.25)) < everybody + 1.0


def test_the_verdict_names_the_bare_rate_beside_the_model() -> None:
    metrics = judge_churn(LABELS, np.array([0.7, 0.1, 0.1, 0.1]))
    assert metrics["auc"] == 1.0
    assert metrics["brier"] == pytest.approx(0.03)
    assert metrics["brier_of_the_rate"] == 0.1875
    assert (metrics["rows"], metrics["churners"]) == (4.0, 1.0)


def test_without_churners_the_ranking_is_not_judged() -> None:
    metrics = judge_churn(np.zeros(3), np.full(3, 0.1))
    assert "auc" not in metrics
    assert metrics["brier"] == pytest.approx(0.01)
