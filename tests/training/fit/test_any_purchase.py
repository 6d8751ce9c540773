"""Whether anything is acquired within 90 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.any_purchase import AnyPurchase
from models.features import Encoder, Numeric
from tests.training.propensity_worlds import START, coins, families, holdings, sequels
from training.fit import any_purchase
from training.fit.acquisitions import PropensityData

NO_FACTS = Encoder(())


def restless(customers: int = 600, seed: int = 0) -> PropensityData:
    """Who holds r buys something every sixty days or so, who holds q never again. Two years."""
    generator = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        kind = "r" if generator.random() < 0.5 else "q"
        rows.append((f"C{i:03}", kind, START + timedelta(days=i / customers), None))
        at = 0.0
        while kind == "r" and (at := at + float(generator.exponential(60.0))) < 730.0:
            rows.append((f"C{i:03}", "s", START + timedelta(days=at), None))
    return PropensityData(("q", "r", "s"), holdings(rows), None, {})


def fitted(data: PropensityData) -> AnyPurchase:
    chance = any_purchase.fit(data, NO_FACTS, 0)
    assert chance is not None
    return chance.model


def test_it_is_judged_on_a_moment_that_it_has_not_seen_against_the_bare_rate() -> None:
    chance = any_purchase.fit(restless(), NO_FACTS, 0)
    assert chance is not None
    found = chance.metrics
    lines = any_purchase.snapshots(restless(), NO_FACTS, 0)
    last = lines.bought[lines.moment == lines.moment.max()]
    assert (found["rows"], found["rate"]) == (len(last), last.mean())
    assert found["log_loss"] < 0.6 * found["log_loss_of_the_rate"]
    assert found["calibration_slope"] > 1.0  # who holds q never buys at all, and no regression dares to say 0
    assert found["ece"] < 0.05
    (sentence,) = any_purchase.sentences(chance)
    assert sentence.startswith(f"Any purchase within 90 days: {last.mean():.1%} of {len(last)} held-out")


def test_what_is_not_judged_is_said() -> None:
    (nothing,) = any_purchase.sentences(None)
    assert "at least 180 days" in nothing
    (unjudged,) = any_purchase.sentences(any_purchase.Chance(fitted(restless()), {}))
    assert "not judged" in unjudged


def test_who_buys_often_is_told_from_who_never_does() -> None:
    model = fitted(restless())
    often = model.row(model.of_holdings(np.array([0.0, 1.0, 1.0]), 2), np.zeros(0))
    never = model.row(model.of_holdings(np.array([1.0, 0.0, 0.0]), 1), np.zeros(0))
    assert often == pytest.approx(1.0 - np.exp(-90.0 / 60.0), abs=0.04)
    assert never < 0.03
    assert 0.3 < model.typical < 0.5


def test_without_dates_there_is_no_model() -> None:
    assert any_purchase.fit(families(), NO_FACTS, 0) is None


def test_a_short_span_of_dates_is_too_little() -> None:
    rows = [(f"C{i}", "a", START + timedelta(days=i), None) for i in range(100)]
    assert any_purchase.fit(PropensityData(("a", "b"), holdings(rows), None, {}), NO_FACTS, 0) is None


def test_when_nobody_buys_again_the_chance_is_small_and_the_same_for_all() -> None:
    rows = [(f"C{i}", "a", START + timedelta(days=i / 100), None) for i in range(300)]
    rows.append(("Z", "b", START + timedelta(days=400), START + timedelta(days=1000)))
    model = fitted(PropensityData(("a", "b"), holdings(rows), None, {}))
    assert 0.0 < model.row(model.of_holdings(np.zeros(2), 0), np.zeros(0)) < 0.01
    assert model.holdings.tolist() == [0.0, 0.0]


def test_one_moment_only_is_split_by_customer() -> None:
    data = coins()
    early = data.holdings.filter(pl.col("since") < START + timedelta(days=200))
    lines = any_purchase.snapshots(replace(data, holdings=early), NO_FACTS, 0)
    assert len(np.unique(lines.moment)) == 1
    model = fitted(replace(data, holdings=early))
    assert model.typical == pytest.approx(lines.bought.mean(), abs=0.02)


def test_who_took_only_what_was_offered_is_left_out() -> None:
    data = restless()
    offered = data.holdings.with_columns(unprompted=pl.col("product_id") != "s")
    all_lines, fewer = (
        any_purchase.snapshots(replace(data, holdings=table), NO_FACTS, 0)
        for table in (data.holdings, offered)
    )
    assert len(all_lines.bought) - all_lines.bought.sum() == len(fewer.bought)
    assert fewer.bought.sum() == 0.0


def test_with_facts_customers_without_holdings_are_counted_and_facts_are_of_the_moment() -> None:
    data = sequels(with_facts=True)
    nobody = pl.DataFrame(
        {
            "customer_id": ["N"] * 25,
            "month": [(START + timedelta(days=30 * k)).date() for k in range(25)],
            "age": [50.0] * 25,
        }
    )
    encoder = Encoder((Numeric("age", (0.0, 50.0)),))
    data = replace(data, customers=pl.concat([data.customers, nobody]))
    lines = any_purchase.snapshots(data, encoder, 0)
    alone = lines.facts[:, 1] == 1.0
    assert alone.sum() == len(np.unique(lines.moment)) > 3
    assert lines.holdings[alone].sum() == 0.0
    left = data.customers.filter((pl.col("customer_id") != "N") | (pl.col("month") < date(2024, 6, 1)))
    lines = any_purchase.snapshots(replace(data, customers=left), encoder, 0)
    assert (lines.facts[:, 1] == 1.0).sum() < alone.sum()


def test_lines_are_capped_by_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_purchase, "MOST_LINES", 100)
    assert len(any_purchase.snapshots(restless(), NO_FACTS, 0).bought) == 100


def test_a_table_answers_as_its_rows() -> None:
    model = fitted(restless())
    table = model.table(np.eye(3), np.zeros((3, 0)))
    assert table.tolist() == pytest.approx(
        [model.row(model.of_holdings(row, 1), np.zeros(0)) for row in np.eye(3)]
    )
