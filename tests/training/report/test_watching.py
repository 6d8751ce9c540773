"""The customer-months that are counted."""

from __future__ import annotations

import polars as pl
import pytest

from tests.training.report.small_worlds import World
from training.measured import watching
from training.measured.watching import watched_months


def test_of_too_many_months_the_same_ones_are_drawn_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.lives(**{f"C_{n}": "sssssl" if n % 2 else "ssssss" for n in range(20)})
    monkeypatch.setattr(watching, "MOST", 50)
    one, other = (watched_months(world.read()) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.rows.equals(other.rows)
    assert one.held.shape == (50, 1)
    assert one.rows.select(pl.struct("customer_id", "month").is_unique().all()).item()
