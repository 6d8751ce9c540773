"""Survival curves of customers by when they came and by what they held."""

from __future__ import annotations

from tests.training.report.small_worlds import World, plain, rows_of
from training.report.staying import staying


def test_curves_are_those_of_kaplan_and_meier(world: World) -> None:
    """Of forty here in January ten leave in March; ten of them are lost from sight after April."""
    lives = {f"C_{n}": "ssl" for n in range(10)} | {f"C_{n}": "ssss" for n in range(10, 20)}
    world.lives(**lives, **{f"C_{n}": "sssssl" if n < 25 else "ssssss" for n in range(20, 40)})
    root = staying(world.read())
    rows = {row[0]: [plain(cell) for cell in row[1:]] for row in rows_of(root)}
    assert rows["already here in Jan 2026"][0] == "40"
    assert rows["already here in Jan 2026"][1].startswith("75.0 % [")
    assert rows["already here in Jan 2026"][2].startswith("56.2 % [")
    assert rows["already here in Jan 2026"][3] == ""
    assert rows["held 0 products"][0] == "40"
    assert len(list(root.iter("figure"))) == 2


def test_a_handful_makes_no_curve(world: World) -> None:
    world.lives(C_1="ssl")
    assert "No data yet" in "".join(staying(world.read()).itertext())


def test_one_month_makes_no_curve(world: World) -> None:
    world.lives(**{f"C_{n}": "s" for n in range(40)})
    assert "two points make no curve" in "".join(staying(world.read()).itertext())
