import numpy as np
import pytest

from models.churn import ChurnModel
from models.features import Encoder, Numeric
from training.evaluation.binary import calibration_slope
from training.fit.churn_rows import ChurnRows
from training.fit.in_time import calibrated, last_months


def a_model(slope: float, intercept: float = -3.0) -> ChurnModel:
    return ChurnModel(
        products=(),
        encoder=Encoder((Numeric("angry", (-8.0, 8.0)),)),
        intercept=intercept,
        effects=np.array([-8.0 * slope, 8.0 * slope, 0.0]),
        unseen=np.zeros(1),
        product_effects=np.zeros(0),
        product_shares=np.zeros(0),
    )


def some_rows(n: int = 60_000, months: int = 10, drift: float = 0.0) -> ChurnRows:
    """Ln odds of leaving: -3 + .8 angry, and a drift a month."""
    dice = np.random.default_rng(4)
    angry, month = dice.normal(size=n), np.arange(n) % months
    churned = dice.random(n) < 1 / (1 + np.exp(3.0 - 0.8 * angry - drift * month))
    return ChurnRows({"angry": angry.tolist()}, np.zeros((n, 0)), churned.astype(float), np.arange(n), month)


ROWS = some_rows()


def test_a_model_that_was_too_sure_of_the_last_months_becomes_less_sure() -> None:
    model = calibrated(a_model(1.6), a_model(1.6), ROWS)
    assert calibration_slope(ROWS.churned, model.hazards(ROWS.facts, ROWS.holdings)) == pytest.approx(
        1.0, abs=0.15
    )


def test_as_many_are_expected_to_leave_as_left() -> None:
    model = calibrated(a_model(1.0, intercept=-1.0), a_model(0.8), ROWS)
    assert model.hazards(ROWS.facts, ROWS.holdings).sum() == pytest.approx(ROWS.churned.sum(), rel=0.001)


def test_what_drifts_stands_where_it_has_come_to() -> None:
    rows = some_rows(drift=0.08)
    model = calibrated(a_model(0.8), a_model(0.8), rows)
    last = rows.take(np.flatnonzero(rows.months == 9))
    assert model.hazards(last.facts, last.holdings).mean() == pytest.approx(last.churned.mean(), rel=0.1)


def test_the_last_fifth_of_five_months_or_more_is_late() -> None:
    late, last, months = last_months(some_rows(n=100))
    assert (last, months, sorted(set(np.arange(100)[late] % 10))) == (2, 10, [8, 9])
    late, last, months = last_months(some_rows(n=100, months=4))
    assert (last, months, bool(late.any())) == (0, 4, False)
