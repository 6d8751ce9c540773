"""Retention, churn and worth are those of their definitions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import PRODUCTS, WAY_OUT, a_bundle, a_churn_model, catalogue_bytes, policy_bytes
from tests.training.report.small_worlds import World, plain, rows_of
from training.measured.intervals import share
from training.report.keeping import keeping, retention, worth

JANUARY, JUNE = 2026 * 12, 2026 * 12 + 5


def test_who_came_later_or_was_lost_from_sight_is_neither_retained_nor_lost(world: World) -> None:
    world.lives(C_1="ssssss", C_2="ssl", C_3="..ssss", C_4="sss...", C_5="sssssu")
    months = world.read().months
    assert months is not None
    assert retention(months, JANUARY, JUNE) == share(1, 3)


def test_churn_tells_leaving_by_oneself_from_other_causes(world: World) -> None:
    world.lives(C_1="ssssss", C_2="ssl", C_3="sssssu", C_4="sssssl")
    rows = {row[0]: [plain(cell) for cell in row[1:]] for row in rows_of(keeping(world.read()))}
    assert rows["retention, 6 months"][0].startswith("25.0 % [")
    assert rows["churn, 6 months"] == ["75.0 % [30.1, 95.4]", "4 customers"]
    assert rows["churn a month"] == ["14.29 % [4.98, 34.64]", "21 customer-months"]
    assert rows["of it by themselves"][0].startswith("9.52 % [")
    assert rows["Jun 2026"][:4] == ["3", "1", "1", "66.7 % [20.8, 93.9]"]


def test_a_customer_is_worth_his_margin_while_he_stays_discounted(
    world: World, documents: Callable[[bytes, bytes], dict[str, Path]]
) -> None:
    world.lives(C_1="ssssss", C_2="ssssss")
    bundle = a_bundle(churn=a_churn_model(0.1, tv=0.0))
    monthly = 0.9 / 1.1 ** (1 / 12)
    stays = monthly * (1 - monthly**36) / (1 - monthly)
    given = world.read(bundle)
    assert given.months is not None
    assert worth(given, given.months) == (pytest.approx([stays, stays]), pytest.approx([1.0, 1.0]))
    given = world.read(bundle, **documents(catalogue_bytes(WAY_OUT, products=PRODUCTS), policy_bytes()))
    assert given.months is not None
    assert worth(given, given.months) == (pytest.approx([6 * stays, 0.0]), pytest.approx([6.0, 0.0]))
    rows = {row[0]: plain(row[1]) for row in rows_of(keeping(given))}
    assert rows["CLV, 36 months, euros"].startswith(f"{3 * stays:.0f} [0, ")


def test_without_a_churn_model_nobody_has_a_worth(world: World) -> None:
    world.lives(C_1="ssssss")
    rows = {row[0]: row[1] for row in rows_of(keeping(world.read(a_bundle())))}
    assert rows["CLV, 36 months"] == "no data yet: the bundle has no churn model"


def test_without_months_nothing_is_said_of_staying(world: World) -> None:
    assert "No data yet" in "".join(keeping(world.read()).itertext())
