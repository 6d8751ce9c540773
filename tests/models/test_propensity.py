"""Serving: which product a customer takes next, and whether any."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from models.any_purchase import MOST_COUNTED, AnyPurchase
from models.features import Category, Encoder, Numeric
from models.propensity import PropensityModel, softmax
from models.recency import SINCE_LAST, recency
from models.scores import Factors, Linear

ENCODER = Encoder((Category("home", ("flat", "house")), Numeric("age", (20.0, 40.0))))
PRODUCTS = ("phone", "tv", "films")


def a_model(**changes: object) -> PropensityModel:
    generator = np.random.default_rng(0)
    model = PropensityModel(
        products=PRODUCTS,
        method="multinomial",
        encoder=ENCODER,
        repeatable=np.array([False, False, True]),
        base=np.array([0.5, 0.25, 0.25]),
        scores=Linear(generator.normal(size=(3, 3))),
        scale=1.5,
        intercept=generator.normal(size=3),
        facts=generator.normal(size=(ENCODER.size, 3)),
        counts=generator.normal(size=(MOST_COUNTED + 1, 3)),
    )
    return replace(model, **changes)


def an_als_model() -> PropensityModel:
    items = np.random.default_rng(1).normal(size=(3, 2))
    return a_model(method="als", scores=Factors.of(items, 4.0, 10.0))


def with_any_purchase() -> PropensityModel:
    generator = np.random.default_rng(2)
    counts = generator.normal(size=MOST_COUNTED + 1)
    return a_model(
        any_purchase=AnyPurchase(
            -1.0, generator.normal(size=3), generator.normal(size=ENCODER.size), counts, 0.05
        )
    )


def plain(**changes: object) -> PropensityModel:
    zeros = {"facts": np.zeros((ENCODER.size, 3)), "counts": np.zeros((MOST_COUNTED + 1, 3))}
    return a_model(scores=Linear(np.zeros((3, 3))), intercept=np.log([0.5, 0.3, 0.2]), **zeros, **changes)


def test_with_an_intercept_alone_the_shares_come_out() -> None:
    assert plain().which(np.zeros(3), {}) == pytest.approx([0.5, 0.3, 0.2])


def test_who_came_before_plays_no_part() -> None:
    model, holdings = with_any_purchase(), np.zeros(3)
    for held in (0.0, 1.0, 0.0):
        holdings[0] = held
        for facts in ({}, {"home": "flat"}):
            which, chance = model.takes(holdings, facts)
            alone = with_any_purchase().takes(holdings, facts)
            assert (which.tolist(), chance) == (alone[0].tolist(), alone[1])


def test_what_is_held_is_left_out_and_the_rest_sums_to_one() -> None:
    assert plain().which(np.array([1.0, 0.0, 0.0]), {}) == pytest.approx([0.0, 0.6, 0.4])


def test_a_repeatable_product_is_ranked_while_held() -> None:
    assert plain().which(np.array([1.0, 0.0, 1.0]), {}) == pytest.approx([0.0, 0.6, 0.4])


def test_who_holds_everything_gets_zeros() -> None:
    model = a_model(repeatable=np.zeros(3, dtype=bool))
    assert model.which(np.ones(3), {}).tolist() == [0.0, 0.0, 0.0]
    assert model.which_table(np.ones((1, 3)), np.zeros((1, ENCODER.size))).tolist() == [[0.0, 0.0, 0.0]]


def test_the_link_is_intercept_and_scaled_scores_and_facts_and_count() -> None:
    model = a_model()
    held, facts = np.array([0.0, 1.0, 1.0]), {"home": "house", "age": 30}
    logits = (
        model.intercept
        + 1.5 * held @ model.scores.weights
        + ENCODER.encode(facts) @ model.facts
        + model.counts[2]
    )
    allowed = np.array([True, False, True])
    expected = np.where(allowed, np.exp(logits), 0.0)
    assert model.which(held, facts) == pytest.approx(expected / expected.sum())


def test_a_fact_never_seen_changes_nothing_but_is_no_error() -> None:
    model = a_model()
    assert model.which(np.zeros(3), {"shoe": 44, "home": "boat"}).sum() == pytest.approx(1.0)


def test_more_holdings_than_counted_share_the_last_row() -> None:
    n = MOST_COUNTED + 3
    counts = np.zeros((MOST_COUNTED + 1, n))
    counts[MOST_COUNTED, 0] = 5.0
    model = PropensityModel(
        tuple(map(str, range(n))), "popularity", Encoder(()), np.ones(n, dtype=bool), np.full(n, 1 / n),
        Linear(np.zeros((n, n))), 0.0, np.zeros(n), np.zeros((0, n)), counts,
    )  # fmt: skip
    assert model.which(np.ones(n), {})[0] == pytest.approx(np.exp(5) / (np.exp(5) + n - 1))


@pytest.mark.parametrize("model", [a_model(), an_als_model(), with_any_purchase()])
def test_a_table_answers_as_its_rows(model: PropensityModel) -> None:
    generator = np.random.default_rng(4)
    held = (generator.random((30, 3)) < 0.5).astype(float)
    facts = [{"home": ("flat", "house", "boat")[i % 3], "age": 5.0 * i} for i in range(30)]
    table = model.which_table(held, np.stack([ENCODER.encode(one) for one in facts]))
    for i in range(30):
        assert table[i] == pytest.approx(model.which(held[i], facts[i]), abs=1e-14)


@pytest.mark.parametrize("model", [a_model(), an_als_model(), with_any_purchase()])
def test_json_and_arrays_are_the_whole_model(model: PropensityModel) -> None:
    meta, arrays = model.to_parts()
    again = PropensityModel.from_parts(json.loads(json.dumps(meta)), arrays)
    held, facts = np.array([1.0, 0.0, 0.0]), {"home": "flat", "age": 33.0}
    assert again.which(held, facts).tobytes() == model.which(held, facts).tobytes()
    assert again.any_in_90_days(held, facts) == model.any_in_90_days(held, facts)
    assert again.products == PRODUCTS
    assert again.base.tobytes() == model.base.tobytes()


def test_an_array_of_the_wrong_shape_is_named() -> None:
    meta, arrays = a_model().to_parts()
    with pytest.raises(ValueError, match=r"array 'facts' has shape \(2, 3\), expected \(6, 3\)"):
        PropensityModel.from_parts(meta, arrays | {"facts": np.zeros((2, 3))})
    meta, arrays = an_als_model().to_parts()
    with pytest.raises(ValueError, match=r"array 'gram' has shape \(3, 3\), expected \(2, 2\)"):
        PropensityModel.from_parts(meta, arrays | {"gram": np.zeros((3, 3))})


def test_a_missing_array_is_a_key_error() -> None:
    meta, arrays = a_model().to_parts()
    del arrays["weights"]
    with pytest.raises(KeyError, match="weights"):
        PropensityModel.from_parts(meta, arrays)


def test_without_dates_in_training_there_is_no_chance_of_any_purchase() -> None:
    assert a_model().any_in_90_days(np.zeros(3), {}) is None
    assert a_model().takes(np.zeros(3), {})[1] is None


def test_the_chance_of_any_purchase_is_a_logistic_regression() -> None:
    model = with_any_purchase()
    purchase = model.any_purchase
    held, facts = np.array([0.0, 1.0, 0.0]), {"home": "house"}
    logit = -1.0 + purchase.holdings[1] + ENCODER.encode(facts) @ purchase.facts + purchase.counts[1]
    assert model.any_in_90_days(held, facts) == pytest.approx(1.0 / (1.0 + np.exp(-logit)))
    assert purchase.table(held[None], ENCODER.encode(facts)[None])[0] == pytest.approx(
        model.any_in_90_days(held, facts)
    )


def test_the_average_customers_chance_is_known_where_there_were_dates() -> None:
    assert with_any_purchase().any_base == 0.05
    assert a_model().any_base is None


def test_both_answers_at_once_are_the_two_answers() -> None:
    model = with_any_purchase()
    held, facts = np.array([0.0, 1.0, 0.0]), {"age": 24.0}
    which, any_of_them = model.takes(held, facts)
    assert which.tobytes() == model.which(held, facts).tobytes()
    assert any_of_them == model.any_in_90_days(held, facts)


def test_als_without_any_customer_gives_an_empty_table() -> None:
    assert an_als_model().which_table(np.zeros((0, 3)), np.zeros((0, ENCODER.size))).shape == (0, 3)


def test_als_solves_for_the_customer() -> None:
    items = np.array([[1.0, 0.0], [0.0, 2.0]])
    scores = Factors.of(items, alpha=3.0, regularization=1.0).row(np.array([1.0, 0.0]))
    assert scores == pytest.approx([3.0 / 4.0, 0.0])  # (1 + 1 + (3 - 1)·1) u = 3


def test_softmax_survives_huge_scores_in_what_is_not_allowed() -> None:
    logits, allowed = np.array([[1e308, 0.0, np.log(3.0)]]), np.array([[False, True, True]])
    assert softmax(logits, allowed)[0] == pytest.approx([0.0, 0.25, 0.75])


def test_recency_is_the_youngest_date_in_months() -> None:
    dates = [date(2024, 1, 1), date(2024, 3, 1), date(2024, 9, 1)]
    assert recency(dates, date(2024, 5, 1)) == {SINCE_LAST: pytest.approx(61 / 30.4375)}
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    assert recency([moment], moment) == {SINCE_LAST: 0.0}
    assert recency([date(2024, 9, 1)], date(2024, 5, 1)) == {}
