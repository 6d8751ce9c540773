"""A condition tells what would make it hold: the nearest value on the other side of every comparison."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.expressions import Schema, parse
from models.solving import Aim, Solver

TYPES = {
    "c.n": "number",
    "c.m": "number",
    "c.i": "integer",
    "c.s": "string",
    "c.b": "boolean",
    "c.b2": "boolean",
    "c.d": "date",
    "c.d2": "date",
    "c.list": "list[string]",
    "now": "timestamp",
}


def ways(text: str, *, want: bool = True, **values: Any) -> list[list[tuple[Any, ...]]]:
    """Each way as (fact, bound, value); facts are named without their root."""
    solver = Solver(lambda path: values.get(path.removeprefix("c.")), TYPES.__getitem__)
    node = parse(text, Schema(TYPES)).node
    return [
        [(aim.path.removeprefix("c."), aim.bound, aim.value) for aim in way]
        for way in solver.ways(node, want=want)
    ]


# --- comparisons -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("c.i >= 3", ("i", "at_least", 3)),
        ("c.i > 3", ("i", "at_least", 4)),
        ("c.i <= -3", ("i", "at_most", -3)),
        ("c.i < -3", ("i", "at_most", -4)),
        ("c.i == 5", ("i", "is", 5)),
        ("3 <= c.i", ("i", "at_least", 3)),
        ("c.n >= 4.0", ("n", "at_least", 4.0)),
        ("c.n > 4.0", ("n", "at_least", 4.01)),
        ("c.n < 0.0", ("n", "at_most", -0.01)),
        ("c.n >= 0.29", ("n", "at_least", 0.29)),
        ("c.n > 0.005", ("n", "at_least", 0.01)),
        ("c.s == 'a'", ("s", "is", "a")),
        ("c.s != 'x'", ("s", "is_not", "x")),
        ("'a' == c.s", ("s", "is", "a")),
        ("c.b == true", ("b", "is", True)),
        ("c.d >= timestamp('2026-12-01T00:00:00Z')", ("d", "at_least", date(2026, 12, 1))),
        ("c.d > timestamp('2026-12-01T12:00:00Z')", ("d", "at_least", date(2026, 12, 2))),
    ],
)
def test_a_comparison_names_the_nearest_value_that_will_do(text: str, found: tuple[Any, ...]) -> None:
    known: dict[str, Any] = {"i": 0, "n": 0.0, "s": "x", "b": False, "d": date(2026, 1, 1)}
    assert ways(text, **known) == [[found]]


def test_an_unknown_fact_would_have_to_be_known() -> None:
    assert ways("c.i >= 3") == [[("i", "at_least", 3)]]
    assert ways("c.b") == [[("b", "is", True)]]


def test_what_holds_already_needs_nothing() -> None:
    assert ways("c.i >= 3 && c.b", i=4, b=True) == [[]]
    assert ways("c.i != 3", i=4) == [[]]


def test_a_number_that_must_differ_may_do_so_either_way() -> None:
    assert ways("c.i != 3", i=3) == [[("i", "at_least", 4)], [("i", "at_most", 2)]]


def test_the_opposite_is_solved_as_well() -> None:
    assert ways("c.i >= 3", want=False, i=5) == [[("i", "at_most", 2)]]
    assert ways("!c.b", want=False, b=False) == [[("b", "is", True)]]
    assert ways("c.b && c.i > 3", want=False, b=True, i=5) == [[("b", "is", False)], [("i", "at_most", 3)]]
    assert ways("c.b || c.i > 3", want=False, b=True, i=5) == [[("b", "is", False), ("i", "at_most", 3)]]


def test_either_fact_of_a_comparison_can_give_way() -> None:
    found = ways("c.n <= 0.4 * c.m", n=10.0, m=20.0)
    assert found == [[("n", "at_most", 8.0)], [("m", "at_least", 25.0)]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.0 - c.n >= 4.0", ("n", "at_most", 6.0)),
        ("-c.n <= -4.0", ("n", "at_least", 4.0)),
        ("c.n / 2.0 + 1.0 >= 4.0", ("n", "at_least", 6.0)),
        ("c.n * 3.0 >= 1.0", ("n", "at_least", 0.34)),
        ("double(c.i) >= 2.5", ("i", "at_least", 3)),
    ],
)
def test_arithmetic_is_turned_round(text: str, found: tuple[Any, ...]) -> None:
    assert ways(text, n=0.0 if "10.0" not in text else 9.0, i=0) == [[found]]


@pytest.mark.parametrize(
    "text",
    [
        "c.n * c.n >= 4.0",
        "1.0 / c.n >= 4.0",
        "c.n - c.n >= 4.0",
        "c.i * 3 == 10",
        "c.i % 2 == 1",
        "now > timestamp('2027-01-01T00:00:00Z')",
        "c.s.startsWith('a')",
        "c.list.exists(x, x.startsWith('a'))",
        "c.s + 'a' in ['ba']",
    ],
)
def test_what_is_no_line_has_no_way(text: str) -> None:
    assert ways(text, n=0.5, i=2, s="b", list=[]) == []


def test_days_are_counted_from_other_moments() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert ways("c.d <= c.d2 + duration('48h')", d2=date(2026, 12, 1)) == [
        [("d", "at_most", date(2026, 12, 3))]
    ]
    assert ways("c.d <= now + duration('48h')", now=now) == [[("d", "at_most", date(2026, 11, 23))]]


def test_two_unknown_facts_say_nothing_of_each_other() -> None:
    assert ways("c.n * 2.0 >= c.m") == []
    assert ways("c.n * 2.0 >= c.m", n=1.0) == [[("m", "at_most", 2.0)]]


# --- words and lists ---------------------------------------------------------------------------------------------------


def test_a_word_may_become_any_of_a_list() -> None:
    assert ways("c.s in ['a', 'b']", s="x") == [[("s", "is", "a")], [("s", "is", "b")]]
    assert ways("c.s in ['a', 'b']", want=False, s="a") == [[("s", "none_of", ("a", "b"))]]


def test_a_list_comes_to_hold_or_to_lack_a_word() -> None:
    assert ways("'a' in c.list", list=[]) == [[("list", "holds", "a")]]
    assert ways("!('a' in c.list)", list=["a"]) == [[("list", "lacks", "a")]]
    assert ways("c.list.exists(x, x in ['a', 'b'])", list=[]) == [
        [("list", "holds", "a")],
        [("list", "holds", "b")],
    ]
    assert ways("c.list.exists(x, x == 'a')", want=False, list=["a"]) == [[("list", "lacks", "a")]]


@pytest.mark.parametrize(
    ("text", "held", "found"),
    [
        ("size(c.list) >= 2", ["a"], [[("list", "more", 2)]]),
        ("size(c.list) > 2", ["a"], [[("list", "more", 3)]]),
        ("size(c.list) <= 0", ["a"], [[("list", "fewer", 0)]]),
        ("size(c.list) < 1", ["a"], [[("list", "fewer", 0)]]),
        ("size(c.list) == 0", ["a"], [[("list", "fewer", 0)]]),
        ("size(c.list) != 1", ["a"], [[("list", "more", 2)], [("list", "fewer", 0)]]),
    ],
)
def test_a_list_comes_to_be_longer_or_shorter(text: str, held: list[str], found: Any) -> None:
    assert ways(text, list=held) == found


def test_has_asks_that_a_fact_is_known_or_not() -> None:
    assert ways("has(c.s)") == [[("s", "known", None)]]
    assert ways("!has(c.s)", s="x") == [[("s", "unknown", None)]]


# --- together ----------------------------------------------------------------------------------------------------------


def test_the_way_with_the_fewest_aims_comes_first() -> None:
    assert ways("c.b && c.b2 || c.i > 1", i=0, b=False, b2=False) == [
        [("i", "at_least", 2)],
        [("b", "is", True), ("b2", "is", True)],
    ]


def test_a_choice_is_met_on_either_side() -> None:
    assert ways("c.b ? c.i > 1 : c.i > 5", b=True, i=0) == [
        [("i", "at_least", 2)],
        [("b", "is", False), ("i", "at_least", 6)],
    ]


def test_a_constant_has_no_way_but_its_own() -> None:
    solver = Solver(lambda _: None, TYPES.__getitem__)
    assert solver.ways(parse("true", Schema(TYPES)).node, want=True) == [()]
    assert solver.ways(parse("true", Schema(TYPES)).node, want=False) == []


# --- aims --------------------------------------------------------------------------------------------------------------


def test_an_unknown_value_meets_only_what_asks_for_it() -> None:
    assert Aim("c.i", "unknown").met(None)
    assert not Aim("c.i", "unknown").met(1)
    assert not Aim("c.i", "is_not", 3).met(None)
    assert Aim("c.i", "known").met(0)
