"""From canonical tables to lines to learn from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.recency import DAYS_A_MONTH, SINCE_LAST, recency
from tests.training.propensity_worlds import START, families, holdings, sequels
from training.fit import acquisitions as module
from training.fit.acquisitions import PropensityData, acquisitions
from training.fit.drift import aged, best_half_life
from training.fit.examples import at_most, inner_splits, one_a_customer
from training.fit.ledger import days
from training.tables import Tables


def day(n: float) -> datetime:
    return START + timedelta(days=n)


def told(data: PropensityData) -> list[tuple[str, str]]:
    """(what was held, what was acquired) per line."""
    lines = acquisitions(data, 0)
    names = np.array(data.products)
    return [
        ("".join(names[held > 0]), str(names[label]))
        for held, label in zip(lines.holdings, lines.label, strict=True)
    ]


SPREAD = [(f"X{i}", "z", day(2 * i), None) for i in range(6)]


def test_without_dates_each_holding_is_hidden_in_turn_and_customers_count_equally() -> None:
    table = holdings(
        [("A", p, None, None) for p in "xyz"]
        + [("B", p, None, None) for p in "xy"]
        + [("C", "x", None, None)]
    )
    data = PropensityData(tuple("xyz"), table, None, {})
    assert told(data) == [("yz", "x"), ("xz", "y"), ("xy", "z"), ("y", "x"), ("x", "y")]
    lines = acquisitions(data, 0)
    assert np.bincount(lines.customer, lines.weight).tolist() == pytest.approx([1.0, 1.0])
    assert lines.time is None


def test_without_dates_what_ended_is_not_held() -> None:
    table = holdings([("A", p, None, None) for p in "xy"] + [("A", "z", None, day(3))])
    assert told(PropensityData(tuple("xyz"), table, None, {})) == [("y", "x"), ("x", "y")]


def test_with_dates_the_state_is_the_one_just_before() -> None:
    rows = [
        ("A", "x", day(0), day(20)),
        ("A", "y", day(10), None),
        ("A", "w", day(20), None),
        ("A", "z", day(30), None),
    ]
    data = PropensityData(tuple("wxyz"), holdings(rows + SPREAD), None, {})
    assert told(data)[:4] == [("", "x"), ("x", "y"), ("xy", "w"), ("wy", "z")]


def test_products_of_one_purchase_share_a_state_and_a_weight() -> None:
    rows = [("A", "x", day(0), None), ("A", "y", day(5), None), ("A", "w", day(5), None)]
    data = PropensityData(tuple("wxyz"), holdings(rows + SPREAD), None, {})
    assert told(data)[:3] == [("", "x"), ("x", "w"), ("x", "y")]
    lines = acquisitions(data, 0)
    assert lines.weight[:3].tolist() == [1.0, 0.5, 0.5]
    assert lines.event[:3].tolist() == [0, 1, 1]


def test_a_holding_of_unknown_age_is_held_from_the_start_and_is_no_acquisition() -> None:
    rows = [("A", "w", None, None), ("A", "x", day(0), None)]
    data = PropensityData(tuple("wxyz"), holdings(rows + SPREAD), None, {})
    assert told(data)[0] == ("w", "x")


def test_a_product_bought_again_while_held_is_repeatable_unless_the_catalogue_says_otherwise() -> None:
    rows = [
        ("A", "x", day(0), None),
        ("A", "x", day(5), None),
        ("B", "y", day(0), day(3)),
        ("B", "y", day(4), None),
    ]
    data = PropensityData(tuple("xyz"), holdings(rows + SPREAD), None, {})
    assert acquisitions(data, 0).repeatable.tolist() == [True, False, False]
    assert told(data)[:2] == [("", "x"), ("x", "x")]
    strict = replace(data, repeatable=(False, False, False))
    assert told(strict)[:2] == [("", "x"), ("", "y")]


def test_what_a_spoken_offer_preceded_is_a_state_but_no_label() -> None:
    rows = holdings([("A", "x", day(0), None), ("A", "y", day(5), None), *SPREAD])
    prompted = rows.with_columns(unprompted=pl.col("product_id") != "x")
    assert told(PropensityData(tuple("xyz"), prompted, None, {}))[0] == ("x", "y")


def test_facts_are_those_known_before_and_recency_is_counted() -> None:
    rows = [("A", "x", day(10), None), ("A", "y", day(40.4375), None), *SPREAD]
    facts = pl.DataFrame(
        {"customer_id": ["A", "A"], "month": [date(2024, 1, 1), date(2024, 2, 1)], "age": [1.0, 2.0]}
    )
    lines = acquisitions(
        PropensityData(tuple("xyz"), holdings(rows), facts, {"age": "number", "absent": "string"}), 0
    )
    assert lines.facts["age"][:3] == [1.0, 2.0, None]
    assert lines.facts[SINCE_LAST][0] is None
    assert lines.facts[SINCE_LAST][1] == pytest.approx(1.0)
    assert lines.without(SINCE_LAST).kinds == {"age": "number", "absent": "string"}


def test_what_has_ended_does_not_count_as_the_last_acquisition_as_the_service_cannot_see_it() -> None:
    rows = [("A", "x", day(0), None), ("A", "y", day(300), day(350)), ("A", "z", day(360), None), *SPREAD]
    lines = acquisitions(PropensityData(tuple("xyz"), holdings(rows), None, {}), 0)
    assert lines.facts[SINCE_LAST][:3] == pytest.approx([None, 300 / DAYS_A_MONTH, 360 / DAYS_A_MONTH])
    held = [START.date()]  # what the service knows on day 360
    assert recency(held, day(360).date())[SINCE_LAST] == pytest.approx(lines.facts[SINCE_LAST][2])
    assert lines.facts[SINCE_LAST][2] == pytest.approx(11.83, abs=0.01)
    open_still = [row if row[1] != "y" else ("A", "y", day(300), day(360)) for row in rows]
    lines = acquisitions(PropensityData(tuple("xyz"), holdings(open_still), None, {}), 0)
    assert lines.facts[SINCE_LAST][2] == pytest.approx(1.97, abs=0.01)


def test_when_everything_has_ended_nobody_knows_the_last_acquisition() -> None:
    rows = [("A", "x", day(0), day(5)), ("A", "y", day(10), day(20)), ("A", "z", day(30), None), *SPREAD]
    lines = acquisitions(PropensityData(tuple("xyz"), holdings(rows), None, {}), 0)
    assert lines.facts[SINCE_LAST][:3] == [None, None, None]


def test_lines_before_the_time_of_the_facts_are_left_out_when_enough_remain() -> None:
    data = sequels(with_facts=True)
    late = data.customers.filter(pl.col("month") >= date(2024, 7, 1))
    lines = acquisitions(replace(data, customers=late), 0)
    assert min(lines.time) >= days(pl.Series([date(2024, 7, 1)]))[0]
    few = late.filter(pl.col("month") >= date(2025, 11, 1))
    assert len(acquisitions(replace(data, customers=few), 0)) == 800


def test_dates_count_only_when_most_holdings_have_one_and_they_differ() -> None:
    assert sequels().dated
    assert not families().dated
    same_day = holdings([(f"C{i}", "a", START, None) for i in range(50)])
    assert not PropensityData(("a",), same_day, None, {}).dated


def test_more_customers_than_needed_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CUSTOMERS", 50)
    first, again, other = (acquisitions(families(), seed) for seed in (1, 1, 2))
    assert len(np.unique(first.customer)) == 50
    assert first.customer.tolist() == again.customer.tolist() != other.customer.tolist()


def test_moments_in_utc_and_dates_are_days_since_1970() -> None:
    assert days(pl.Series([date(1970, 1, 3), None]))[0] == 2.0
    assert days(pl.Series([datetime(1970, 1, 3, 12, tzinfo=UTC)]))[0] == 2.5
    assert np.isnan(days(pl.Series([None], dtype=pl.Date))[0])


def test_the_tables_of_a_directory_become_propensity_data() -> None:
    source = families()
    tables = Tables(
        holdings=source.holdings, customers=source.customers, products=source.products, facts={},
        repeatable=frozenset({"b"}), valid_from=None, version="", warnings=(),
    )  # fmt: skip
    data = PropensityData.of(tables)
    assert data.repeatable == (False, True, False, False, False, False, False)
    assert data.kinds == {}
    assert PropensityData.of(replace(tables, repeatable=None)).repeatable is None


def encoded(data: PropensityData) -> object:
    lines = acquisitions(data, 0)
    return lines.encoded(lines.encoder())


def test_one_line_a_customer_is_drawn_by_seed() -> None:
    examples = encoded(families())
    one, same, other = (one_a_customer(examples, seed) for seed in (1, 1, 2))
    assert one.customer.tolist() == list(range(240))
    assert one.label.tolist() == same.label.tolist() != other.label.tolist()
    assert set(one.weight) == {1.0}


def test_final_holdings_add_what_was_acquired_last() -> None:
    hidden = encoded(families())
    assert hidden.final_holdings().sum(axis=1).tolist() == [3.0] * 240
    rows = [("A", "x", day(0), None), ("A", "y", day(5), None), ("A", "w", day(5), None)]
    dated = encoded(PropensityData(tuple("wxyz"), holdings(rows + SPREAD), None, {}))
    assert dated.final_holdings()[0].tolist() == [1.0, 1.0, 1.0, 0.0]


def test_inner_splits_keep_customers_whole_or_follow_time() -> None:
    hidden = encoded(families())
    for fit, hold in inner_splits(hidden, 0):
        assert not set(hidden.customer[fit]) & set(hidden.customer[hold])
    dated = encoded(sequels())
    ((fit, hold),) = inner_splits(dated, 0)
    assert dated.time[fit].max() < dated.time[hold].min()
    assert inner_splits(dated.take(np.arange(10)), 0) == []
    assert inner_splits(replace(hidden, customer=np.zeros_like(hidden.customer)), 0) == []


def test_at_most_so_many_customers() -> None:
    hidden = encoded(families())
    assert at_most(hidden, 720, 0) is hidden
    assert len(np.unique(at_most(hidden, 90, 0).customer)) == 30


def shifting() -> PropensityData:
    """Until day 300 everybody buys x, afterwards y."""
    rows = [(f"C{i:03}", "x" if i < 300 else "y", day(i), None) for i in range(400)]
    return PropensityData(("x", "y"), holdings(rows), None, {})


def test_what_is_out_of_fashion_counts_for_less() -> None:
    examples = encoded(shifting())
    early = examples.take(examples.time < examples.time[380])
    assert best_half_life(early, 0) == 45.0
    light = aged(examples, 100.0).weight
    assert light[-1] == 1.0
    assert light[299] == pytest.approx(0.5)
    assert aged(examples, None) is examples


def test_without_dates_nothing_ages() -> None:
    examples = encoded(families())
    assert best_half_life(examples, 0) is None
    assert aged(examples, 100.0) is examples
