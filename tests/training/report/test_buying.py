"""Repeat rate, frequency and order value are those of their definitions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import WAY_OUT, catalogue_bytes, policy_bytes
from tests.training.report.small_worlds import World, plain, rows_of
from training.measured.intervals import share
from training.report.buying import buying, figures

HOLDINGS = """C-1,tv,2026-01-05,
C-1,films,2026-06-01,
C-2,tv,2026-02-01,2026-03-01
C-3,fiber,2024-01-01,
C-4,tv,,
"""


def test_orders_are_what_began_in_the_window(world: World) -> None:
    world.holdings = HOLDINGS
    given = world.read()
    rows = {row[0]: [plain(cell) for cell in row[1:]] for row in rows_of(buying(given))}
    assert rows["repeat rate"] == ["50.0 % [9.5, 90.5]", "2 buyers"]
    assert rows["purchase frequency, orders a buyer"] == ["1.50 [1.00, 2.00]", "2 buyers"]
    assert rows["average order value"] == ["counted without money: no catalogue was given", "3 orders"]
    assert rows["tv"] == ["2", "100.0 % [34.2, 100.0]"]
    assert "fiber" not in rows


def test_the_value_of_a_buyer_is_order_value_times_frequency(world: World) -> None:
    world.holdings = HOLDINGS
    orders = world.read().tables.holdings.head(3)
    repeat, frequency, value = figures(orders, {"tv": 15.0, "films": 9.0})
    assert repeat == share(1, 2)
    assert value is not None
    assert value.value == pytest.approx(13.0)
    assert value.value * frequency.value == pytest.approx((15 + 9 + 15) / 2)
    assert (value.low, value.high) == (pytest.approx(12.0), pytest.approx(15.0))


def test_holdings_without_dates_are_no_orders(world: World) -> None:
    world.holdings = "C-1,tv,,\n"
    assert "No holding has a date" in "".join(buying(world.read()).itertext())


def test_a_spoken_offer_before_is_told_where_a_journal_tells_it(world: World) -> None:
    world.holdings = HOLDINGS
    world.said("C-1", 5, "accepted", action="films", kind="offer")
    rows = {row[0]: plain(row[-1]) for row in rows_of(buying(world.read()))}
    assert rows["films"].startswith("0 % [")
    assert rows["tv"].startswith("100 % [")


def test_with_a_catalogue_orders_have_a_value_and_products_their_names(
    world: World, documents: Callable[[bytes, bytes], dict[str, Path]]
) -> None:
    world.holdings = HOLDINGS
    named = {"nl": "Televisie", "en": "Television"}
    products = [
        {"id": product, "name": named, "family": f"all-{product}", "price": 15.0, "margin": 6.0}
        for product in ("tv", "films", "fiber")
    ]
    given = world.read(**documents(catalogue_bytes(WAY_OUT, products=products), policy_bytes()))
    rows = {row[0]: plain(row[1]) for row in rows_of(buying(given))}
    assert rows["average order value, euros a month at list price"] == "15.00 [15.00, 15.00]"
    assert rows["value of a buyer (order value x frequency), euros a month"] == "22.50 [15.00, 30.00]"
    assert "Television" in rows


def test_what_was_bought_long_ago_is_no_order(world: World) -> None:
    world.holdings = "C-1,tv,2020-01-05,\n"
    world.lives(C_1="ssssss")
    assert "Nothing was bought from Jul 2025 to Jun 2026" in "".join(buying(world.read()).itertext())
