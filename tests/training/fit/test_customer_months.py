from datetime import date, datetime

import numpy as np
import polars as pl

from training.fit.customer_months import churn_rows, holdings_at

PRODUCTS = ("fiber", "tv")
HOLDINGS = pl.DataFrame(
    {
        "customer_id": ["A", "A", "A", "B", "B"],
        "product_id": ["fiber", "tv", "tv", "tv", "gas"],
        "since": [None, datetime(2025, 2, 1), datetime(2025, 5, 1), datetime(2025, 1, 31, 12), None],  # noqa: DTZ001
        "until": [None, datetime(2025, 4, 1), None, None, None],  # noqa: DTZ001
    },
    schema_overrides={"since": pl.Datetime("us"), "until": pl.Datetime("us")},
)


def months(customer: str, *numbers: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": [customer] * len(numbers), "month": [date(2025, m, 1) for m in numbers]}
    )


def test_a_row_holds_what_began_by_its_month_and_has_not_ended() -> None:
    held = holdings_at(HOLDINGS, months("A", 1, 2, 3, 4, 5), PRODUCTS)
    assert held.tolist() == [[1, 0], [1, 1], [1, 1], [1, 0], [1, 1]]


def test_products_that_are_not_listed_and_unknown_customers_hold_nothing() -> None:
    assert holdings_at(HOLDINGS, months("B", 1, 2), PRODUCTS).tolist() == [[0, 0], [0, 1]]
    assert holdings_at(HOLDINGS, months("Z", 1), PRODUCTS).tolist() == [[0, 0]]


def test_only_rows_that_know_how_they_ended_are_learned_from() -> None:
    customers = pl.concat([months("B", 3), months("A", 1, 2)]).with_columns(
        tenure=pl.Series([5, None, 8]), churned=pl.Series([True, False, None])
    )
    rows = churn_rows(HOLDINGS, customers, ["tenure"], PRODUCTS)
    assert rows is not None
    np.testing.assert_equal(rows.facts, {"tenure": np.array([5.0, np.nan])})
    assert rows.churned.tolist() == [1.0, 0.0]
    assert rows.holdings.tolist() == [[0, 1], [1, 0]]
    assert rows.customers.tolist() == [2, 1]
    assert rows.months[0] > rows.months[1]


def test_without_the_column_there_are_no_rows() -> None:
    assert churn_rows(HOLDINGS, None, [], PRODUCTS) is None
    assert churn_rows(HOLDINGS, months("A", 1), [], PRODUCTS) is None


def test_other_causes_are_told_apart_by_their_motive() -> None:
    customers = months("A", 1, 2, 3, 4).with_columns(
        churned=pl.Series([True, True, True, False]),
        churn_motive=pl.Series(["price", "non-payment", None, "unavoidable"]),
    )
    rows = churn_rows(HOLDINGS, customers, [], PRODUCTS)
    assert rows is not None
    assert {cause: lost.tolist() for cause, lost in rows.causes.items()} == {
        "non-payment": [0.0, 1.0, 0.0, 0.0]
    }
    words = {"unavoidable": ("death", "price"), "non-payment": ("non-payment",)}
    renamed = churn_rows(HOLDINGS, customers, [], PRODUCTS, causes=words)
    assert renamed is not None
    assert list(renamed.causes) == ["unavoidable", "non-payment"]
    assert renamed.causes["unavoidable"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert renamed.lost_for("unavoidable").churned.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert renamed.lost_for("non-payment").churned.tolist() == [1.0, 0.0, 0.0]
    assert renamed.by_himself().churned.tolist() == [1.0, 0.0]


def test_without_motives_or_other_causes_all_leave_by_themselves() -> None:
    customers = months("A", 1).with_columns(churned=pl.Series([True]))
    assert churn_rows(HOLDINGS, customers, [], PRODUCTS).causes == {}  # type: ignore[union-attr]
    named = customers.with_columns(churn_motive=pl.Series(["price"]))
    assert churn_rows(HOLDINGS, named, [], PRODUCTS).causes == {}  # type: ignore[union-attr]


def test_months_are_counted_across_the_year() -> None:
    customers = pl.DataFrame(
        {"customer_id": ["A", "A"], "month": [date(2024, 12, 1), date(2025, 1, 1)], "churned": [False, False]}
    )
    rows = churn_rows(HOLDINGS, customers, [], PRODUCTS)
    assert rows is not None
    assert np.diff(rows.months).tolist() == [1]
