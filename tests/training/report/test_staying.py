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
    assert len(list(root.iter("figure"))) == 3


def test_who_was_lost_is_told_by_cause_with_the_number_watched(world: World) -> None:
    """Of forty two leave by themselves in March; four of the 38 left are cut off in April: 38/40 · 4/38."""
    lives = {f"C_{n}": "ssl" for n in range(2)} | {f"C_{n}": "sssu" for n in range(2, 6)}
    world.lives(**lives, **{f"C_{n}": "ssssss" for n in range(6, 40)})
    root = staying(world.read())
    rows = {row[0]: [plain(cell) for cell in row[1:]] for row in rows_of(root)}
    assert rows["voluntary"][:2] == ["40", "2"]
    assert rows["voluntary"][2].startswith("5.0 % [")
    assert rows["non-payment"][:2] == ["40", "4"]
    assert rows["non-payment"][2] == "0.0 % [0.0, 0.0]"
    assert rows["non-payment"][3].startswith("10.0 % [")
    assert rows["unavoidable"][:4] == ["40", "0", "0.0 % [0.0, 0.0]", "0.0 % [0.0, 0.0]"]
    figure = list(root.iter("figure"))[-1]
    assert "unavoidable" not in "".join(figure.itertext())


def test_a_handful_makes_no_curve(world: World) -> None:
    world.lives(C_1="ssl")
    assert "No data yet" in "".join(staying(world.read()).itertext())


def test_one_month_makes_no_curve(world: World) -> None:
    world.lives(**{f"C_{n}": "s" for n in range(40)})
    assert "two points make no curve" in "".join(staying(world.read()).itertext())
