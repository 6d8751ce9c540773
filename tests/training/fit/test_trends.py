"""Level and slope as training sees them are those the service sees, and know nothing of later months."""

from datetime import date

import polars as pl
import pytest

from models.portfolio import Portfolios
from models.situation import situation_of
from models.trends import Trend
from tests.builders import NOW, a_catalogue, a_customer, a_history, a_policy, a_request
from training.fit.trends import with_trends

MONTHS = ("gb_m2", "gb_m1", "gb")
USE = {"use": Trend(of=MONTHS)}
FACTS = {month: {"type": "number"} for month in MONTHS}


def table(*gb: float | None, customer: str = "A", first: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer_id": [customer] * len(gb),
            "month": [date(2025, first + place, 1) for place in range(len(gb))],
            "gb": pl.Series(gb, dtype=pl.Float64),
        }
    )


def served(**facts: float) -> tuple[float | None, float | None]:
    """Level and slope in the situation of a customer with these facts."""
    policy = a_policy(facts=FACTS, trends={"use": {"of": list(MONTHS)}})
    situation = situation_of(
        a_request(),
        a_customer(**facts),
        a_history(),
        NOW,
        policy=policy,
        portfolios=Portfolios(a_catalogue()),
    )
    return situation.facts.get("use_level"), situation.facts.get("use_slope")


def trained(customers: pl.DataFrame) -> list[tuple[float | None, float | None]]:
    return with_trends(customers, USE).select("use_level", "use_slope").rows()


def test_training_and_service_give_the_same_numbers_to_the_last_bit() -> None:
    given = [7.3, 6.1, 2.9, 3.05]
    from_earlier_rows = trained(table(*given))
    wide = pl.DataFrame(
        {
            "customer_id": ["A", "A"],
            "month": [date(2025, 3, 1), date(2025, 4, 1)],
            **{name: given[place : place + 2] for place, name in enumerate(MONTHS)},
        }
    )
    expected = [served(**dict(zip(MONTHS, given[place : place + 3], strict=True))) for place in range(2)]
    assert from_earlier_rows[2:] == trained(wide) == expected
    assert from_earlier_rows[1] == served(gb_m1=7.3, gb=6.1)
    assert from_earlier_rows[0] == served(gb=7.3) == (None, None)


def test_no_row_knows_a_later_month_or_another_customer() -> None:
    both = pl.concat([table(1.0, 2.0, 4.0, 9.0), table(50.0, customer="B", first=3)])
    assert trained(both)[:3] == trained(table(1.0, 2.0, 4.0))
    assert trained(both)[4] == (None, None)


def test_a_month_without_a_row_or_a_figure_is_not_known() -> None:
    gap = pl.concat([table(1.0), table(4.0, first=3)])
    assert trained(gap) == [(None, None), served(gb_m2=1.0, gb=4.0)]
    assert trained(table(1.0, None, 4.0))[2] == served(gb_m2=1.0, gb=4.0)
    assert trained(table(1.0, float("nan"), 4.0))[2] == served(gb_m2=1.0, gb=4.0)


def test_the_rows_stay_in_their_order_and_without_trends_as_they_are() -> None:
    customers = pl.concat([table(3.0, customer="B"), table(1.0, 2.0)])
    assert with_trends(customers, USE)["customer_id"].to_list() == ["B", "A", "A"]
    assert with_trends(customers, {}) is customers
    assert with_trends(customers, USE).columns == [*customers.columns, "use_level", "use_slope"]


def test_what_has_no_column_for_the_latest_month_goes_by_the_others() -> None:
    older = pl.DataFrame({"customer_id": ["A"], "month": [date(2025, 1, 1)], "gb_m2": [2.0], "gb_m1": [4.0]})
    assert trained(older) == [pytest.approx((3.0, 2 / 3))]
