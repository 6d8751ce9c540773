import numpy as np
import pytest

from models.churn import ChurnModel
from models.features import Encoder, Numeric
from training.fit import fading as at_work
from training.fit.churn_rows import ChurnRows
from training.fit.fading import fit_fading

CUSTOMERS, MONTHS = 1500, 14
FACTS = ("trait", "trouble", "both", "clock")
MODEL = ChurnModel(
    products=(),
    encoder=Encoder(tuple(Numeric(fact, (-9.0, 9.0)) for fact in FACTS)),
    intercept=-4.0,
    effects=np.tile([-0.9, 0.9, 0.0], len(FACTS)),
    unseen=np.zeros(len(FACTS)),
    product_effects=np.zeros(0),
    product_shares=np.zeros(0),
)


def some_rows(customers: int = CUSTOMERS, months: int = MONTHS) -> ChurnRows:
    """A trait never changes, of a trouble a month leaves .6, `both` is half a trait and half a passing mood."""
    dice = np.random.default_rng(8)
    trait, mood = dice.normal(size=(customers, 1)), dice.normal(size=(customers, months))
    trouble = [dice.normal(size=customers)]
    for _ in range(months - 1):
        trouble.append(0.6 * trouble[-1] + 0.8 * dice.normal(size=customers))
    clock = np.arange(months) - dice.integers(0, months, (customers, 1)).astype(float)
    columns = (np.tile(trait, months), np.array(trouble).T, (trait + mood) / np.sqrt(2), clock)
    return ChurnRows(
        {fact: column.ravel().tolist() for fact, column in zip(FACTS, columns, strict=True)},
        np.zeros((customers * months, 0)),
        np.zeros(customers * months),
        np.repeat(np.arange(customers), months),
        np.tile(np.arange(months), customers),
    )


ROWS = some_rows()


def test_traits_last_troubles_fade_and_clocks_are_left_to_run() -> None:
    fading = fit_fading(MODEL, ROWS, ("clock",), seed=0)
    assert fading is not None
    assert fading.lasts == pytest.approx([1.0, 0.0, 0.5, 1.0], abs=0.05)
    assert fading.leaves[1] == pytest.approx(0.6, abs=0.05)
    assert fading.spread == pytest.approx([0.01, 0.01, 0.01, 0.0], abs=0.002)


def test_some_customers_stand_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit_fading(MODEL, ROWS, (), seed=0)
    monkeypatch.setattr(at_work, "MOST_ROWS", 10_000)
    some = fit_fading(MODEL, ROWS, (), seed=0)
    assert whole is not None
    assert some is not None
    assert some.lasts == pytest.approx(whole.lasts, abs=0.08)
    assert (some.lasts != whole.lasts).any()


def test_who_was_seen_once_tells_nothing_of_later() -> None:
    assert fit_fading(MODEL, some_rows(months=1), (), seed=0) is None


def test_months_without_a_row_between_are_counted() -> None:
    """Every other month only: pairs are two, four, … months apart."""
    even = ROWS.take(np.flatnonzero(ROWS.months % 2 == 0))
    fading = fit_fading(MODEL, even, ("clock",), seed=0)
    assert fading is not None
    assert fading.leaves[1] == pytest.approx(0.6, abs=0.07)


def test_where_nothing_contributes_nothing_fades() -> None:
    flat = ChurnModel((), MODEL.encoder, -4.0, np.zeros(12), np.zeros(4), np.zeros(0), np.zeros(0))
    assert fit_fading(flat, ROWS, (), seed=0) is None
