import numpy as np
import pytest

from training.fit.binary import Binary
from training.fit.churn_rows import ChurnRows
from training.fit.strength import Chosen, choose, held_out, ridge


def chosen(rows: ChurnRows, columns: np.ndarray) -> Chosen:
    design = np.hstack([np.ones((len(columns), 1)), columns])
    problem = Binary(design, rows.churned, np.ones(len(columns)))
    return choose(problem, problem.gram(), held_out(rows, 0), 0)


def some_rows(n: int, months: int, logits: np.ndarray, seed: int) -> ChurnRows:
    left = np.random.default_rng(seed).random(n) < 1 / (1 + np.exp(-logits))
    return ChurnRows({}, np.zeros((n, 0)), left.astype(float), np.arange(n) // months, np.arange(n) % months)


def test_months_that_follow_each_other_are_held_out_together() -> None:
    rows = some_rows(120, 12, np.zeros(120), 0)
    folds = held_out(rows, 0)
    assert [sorted(set(folds[rows.months == month])) for month in range(12)] == [
        [month * 5 // 12] for month in range(12)
    ]


def test_without_months_a_customer_is_in_one_fold() -> None:
    rows = some_rows(120, 4, np.zeros(120), 0)
    folds = held_out(rows, 0).reshape(-1, 4)
    assert (folds == folds[:, :1]).all()
    assert set(folds.ravel()) == set(range(5))


def test_what_a_cautious_ridge_took_too_much_is_given_back() -> None:
    fact = np.random.default_rng(1).normal(size=(6000, 1))
    rows = some_rows(6000, 10, fact[:, 0] - 2.5, 2)
    design = np.hstack([np.ones((6000, 1)), fact])
    problem, found = Binary(design, rows.churned, np.ones(6000)), chosen(rows, fact)
    penalty = ridge(design, found.strength)
    weight = problem.fit(penalty, problem.within(problem.gram(), penalty))[1]
    assert found.slope > 1.0
    assert found.slope * weight == pytest.approx(1.0, abs=0.1)


def test_noise_is_hardly_believed() -> None:
    noise = np.random.default_rng(1).normal(size=(1500, 60))
    assert chosen(some_rows(1500, 10, np.full(1500, -2.0), 2), noise).slope < 0.3


def test_what_happened_to_all_of_a_month_is_not_taken_for_what_it_went_with() -> None:
    # Thirty towns have good and bad months of their own; whole towns look loyal, and the months held out say that they are not.
    dice = np.random.default_rng(5)
    n, months, towns = 9_000, 10, 30
    town, month = dice.integers(0, towns, n), np.arange(n) % months
    luck = dice.normal(scale=0.8, size=(towns, months))
    rows = some_rows(n, months, luck[town, month] - 2.5, 6)
    problem = Binary(np.hstack([np.ones((n, 1)), np.eye(towns)[town]]), rows.churned, np.ones(n))

    def spread(folds: np.ndarray) -> float:
        found = choose(problem, problem.gram(), folds, 0)
        penalty = ridge(problem.X, found.strength)
        return found.slope * float(problem.fit(penalty, problem.within(problem.gram(), penalty))[1:].std())

    assert spread(held_out(rows, 0)) < 0.6 * spread(rows.customers % 5)
