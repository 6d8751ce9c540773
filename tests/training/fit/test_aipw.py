"""The adjusted comparison, on customers whose true effect is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.fit.aipw import Contrast, Rows, contrast, logistic

EFFECT = -0.7


def some_rows(*, hides: bool = False, effect: float = EFFECT, n: int = 12_000, seed: int = 3) -> Rows:
    """The loyal take it more and leave less; `hides` leaves loyalty out of the design. Twelve months are followed."""
    rng = np.random.default_rng(seed)
    loyal, other = rng.normal(size=(2, n))
    taken = rng.random(n) < 1 / (1 + np.exp(1.8 - 0.9 * loyal - 0.4 * other))
    hazard = 0.03 * np.exp(-0.6 * loyal + effect * taken)
    when = rng.geometric(hazard)
    design = np.column_stack([other, rng.normal(size=n)] if hides else [loyal, other])
    return Rows(
        design=design,
        names=("one", "two"),
        taken=taken,
        left=(when <= 12).astype(np.float64),
        months=np.minimum(when, 12).astype(np.float64),
        follow=np.full(n, 12.0),
        customer=np.arange(n),
        weight=np.ones(n),
    )


@pytest.fixture(scope="module")
def found() -> Contrast:
    return contrast(some_rows(), 0)


def test_it_recovers_the_truth_where_the_design_holds_what_moves_both(found: Contrast) -> None:
    assert abs(found.log_ratio - EFFECT) < 2.5 * found.error
    assert found.naive < EFFECT - 5 * found.naive_error
    assert found.overlap > 0.99


def test_it_fails_where_the_design_hides_what_moves_both() -> None:
    hidden = contrast(some_rows(hides=True), 0)
    assert hidden.log_ratio < EFFECT - 4 * hidden.error


def test_its_error_is_that_of_repeated_worlds() -> None:
    some = [contrast(some_rows(n=4_000, seed=seed), 0) for seed in range(12)]
    spread = np.std([one.log_ratio for one in some], ddof=1)
    assert 0.6 < spread / np.mean([one.error for one in some]) < 1.5


def test_rows_of_one_customer_are_one_observation(found: Contrast) -> None:
    rows = some_rows()
    twice = Rows(
        **{
            name: np.concatenate([column, column]) if isinstance(column, np.ndarray) else column
            for name, column in vars(rows).items()
        }
    )
    again = contrast(twice, 0)
    assert again.error == pytest.approx(found.error, rel=0.03)
    assert contrast(replace(twice, customer=np.arange(len(twice.taken))), 0).error < 0.8 * found.error


def test_a_row_that_stands_for_two_counts_twice(found: Contrast) -> None:
    rows = some_rows()
    double = contrast(replace(rows, weight=np.full(len(rows.taken), 2.0)), 0)
    assert double.log_ratio == pytest.approx(found.log_ratio, abs=0.01)
    assert double.error == pytest.approx(found.error, rel=0.02)
    heavy = replace(rows, weight=np.where(rows.left > 0, 2.0, 1.0))
    assert contrast(heavy, 0).rate > 1.5 * found.rate


def test_leaving_rows_out_solves_the_same_without_them(found: Contrast) -> None:
    nobody = np.zeros(12_000, dtype=bool)
    assert found.without(nobody) == found.log_ratio
    half = np.arange(12_000) < 6_000
    assert found.without(half) != found.log_ratio
    assert abs(found.without(half) - found.log_ratio) < 4 * found.error


def test_what_nobody_took_or_nobody_left_cannot_be_compared() -> None:
    rows = some_rows(n=400)
    for wrong in (
        replace(rows, taken=np.zeros(400, dtype=bool)),
        replace(rows, left=np.where(rows.taken, rows.left, 0.0)),
    ):
        with pytest.raises(ValueError, match="nothing to compare"):
            contrast(wrong, 0)


def test_who_has_nobody_to_be_compared_with_is_no_overlap() -> None:
    rows = some_rows(n=3_000)
    alone = rows.taken & (np.arange(3_000) % 3 == 0)
    design = np.column_stack([rows.design, 10.0 * alone])
    found = contrast(replace(rows, design=design), 0)
    assert found.overlap == pytest.approx(1 - alone.sum() / rows.taken.sum(), abs=0.02)


def test_a_binomial_regression_finds_the_shares_of_two_groups() -> None:
    X = np.array([[1.0, 0.0], [1.0, 1.0]])
    theta = logistic(X, np.array([200.0, 1_000.0]), np.array([1_000.0, 2_000.0]))
    assert 1 / (1 + np.exp(-theta[0])) == pytest.approx(0.2, abs=0.002)
    assert 1 / (1 + np.exp(-theta.sum())) == pytest.approx(0.5, abs=0.002)
