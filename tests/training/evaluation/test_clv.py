from dataclasses import replace

import numpy as np
import pytest

from tests.builders import a_churn_model
from training.evaluation.clv import Growth, clv, fit_growth, hazard_curves, margin_by_rate
from training.fit.churn_rows import ChurnRows


def some_rows(customers: int = 3, months: int = 1) -> ChurnRows:
    n = customers * months
    return ChurnRows(
        {"mood": [None] * n},
        np.zeros((n, 0)),
        np.zeros(n),
        np.repeat(np.arange(customers), months),
        np.tile(np.arange(months), customers),
    )


MODEL = replace(a_churn_model(0.02), causes={"non-payment": a_churn_model(0.01)})
MARGIN = np.array([10.0, 20.0, 0.0])


def test_every_cause_counts_in_the_curves() -> None:
    curves = hazard_curves(MODEL, some_rows(), 4, {})
    assert curves == pytest.approx(np.full((3, 4), 1 - 0.98 * 0.99))


def test_a_steady_margin_is_worth_its_months_of_staying() -> None:
    stays = 0.98 * 0.99
    worth = MARGIN * sum(stays**month for month in range(1, 25))
    assert clv(MODEL, some_rows(), MARGIN, 24, {}) == pytest.approx(worth)
    assert clv(MODEL, some_rows(), MARGIN, 24, {}, yearly_discount=0.1)[0] < worth[0]


def test_margins_of_who_stays_go_on_growing() -> None:
    growth = Growth(1.0, 0.9)
    assert growth.ahead(MARGIN, 3).tolist() == [[10.0, 10.0, 10.0], [20.0, 19.0, 18.1], [0.0, 1.0, 1.9]]
    sure = a_churn_model(1e-12)
    assert clv(sure, some_rows(), MARGIN, 3, {}, growth=growth) == pytest.approx([30.0, 57.1, 2.9])


def test_growth_is_learned_from_months_that_follow_each_other() -> None:
    rows = some_rows(customers=400, months=6)
    dice, margin = np.random.default_rng(1), np.zeros((400, 6))
    margin[:, 0] = dice.uniform(5, 40, 400)
    for month in range(1, 6):
        margin[:, month] = 0.5 + 0.99 * margin[:, month - 1] + dice.normal(size=400)
    mixed = dice.permutation(2400)
    growth = fit_growth(rows.take(mixed), margin.ravel()[mixed])
    assert (growth.gained, growth.kept) == (pytest.approx(0.5, abs=0.15), pytest.approx(0.99, abs=0.006))
    assert fit_growth(rows.take(np.arange(0, 2400, 2)), margin.ravel()[::2]) == Growth()
    assert fit_growth(rows, np.ones(2400)) == Growth()


def test_the_rule_of_thumb_is_margin_by_churn_rate_as_far_as_it_is_asked() -> None:
    assert margin_by_rate(MARGIN, 0.02).tolist() == [500.0, 1000.0, 0.0]
    flat = clv(a_churn_model(0.02), some_rows(), MARGIN, 36, {})
    assert margin_by_rate(MARGIN, 0.02, 36) == pytest.approx(flat)
