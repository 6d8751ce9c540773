import numpy as np
import pytest

from models.churn import ChurnModel
from models.features import Encoder, Numeric
from training.fit.churn_rows import ChurnRows
from training.fit.in_time import at_its_level, last_months


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


def test_what_does_not_drift_stays_where_it_is() -> None:
    assert at_its_level(a_model(0.8), some_rows()).intercept == pytest.approx(-3.0, abs=0.03)


def test_what_drifts_stands_where_it_has_come_to() -> None:
    # The intercept of the mean of the months, -3 + 4.5 · .08; of what the last one is above it, most is expected to last.
    rows = some_rows(drift=0.08)
    risen = at_its_level(a_model(0.8, intercept=-2.64), rows).intercept + 2.64
    assert 0.2 < risen < 0.36


def test_the_last_fifth_of_five_months_or_more_is_late() -> None:
    late, last, months = last_months(some_rows(n=100))
    assert (last, months, sorted(set(np.arange(100)[late] % 10))) == (2, 10, [8, 9])
    late, last, months = last_months(some_rows(n=100, months=4))
    assert (last, months, bool(late.any())) == (0, 4, False)
