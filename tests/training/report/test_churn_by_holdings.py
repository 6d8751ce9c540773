"""Churn of who holds a product, beside that of who does not."""

from __future__ import annotations

from tests.training.report.small_worlds import World, plain, rows_of
from training.measured.watching import watched_months
from training.report.churn_by_holdings import churn_by_holdings


def test_both_sides_have_their_share_and_n(world: World) -> None:
    world.holdings = "".join(f"C-{n},tv,,\n" for n in range(6)) + "C-9,films,2026-03-05,\n"
    world.lives(**{f"C_{n}": "sssssl" if n < 2 else "ssssss" for n in range(12)}, C_12="ssssu")
    given = world.read()
    root = churn_by_holdings(given, watched_months(given))
    rows = {row[0]: [plain(cell) for cell in row[1:4]] for row in rows_of(root)}
    assert rows["tv"] == ["36", "5.6 % [1.5, 18.1]", "0.0 % [0.0, 8.6]"]
    assert "films" not in rows
    assert rows["1 product"][0] == "39"
    assert "6 of 7 holdings (85.7 %) have no known beginning" in plain("".join(root.itertext()))


def test_too_few_say_nothing(world: World) -> None:
    world.lives(C_1="ssl")
    given = world.read()
    assert "No data yet" in "".join(churn_by_holdings(given, watched_months(given)).itertext())
