import json
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import Category, Encoder, Facts, Numeric, level

TENURE = Numeric("tenure", (0.0, 12.0, 24.0))
CONTRACT = Category("contract", ("month", "year"))
ENCODER = Encoder((TENURE, CONTRACT))


def test_columns_can_be_read() -> None:
    assert ENCODER.columns == (
        "tenure@0",
        "tenure@12",
        "tenure@24",
        "tenure:missing",
        "contract=month",
        "contract=year",
        "contract:missing",
    )
    assert ENCODER.size == 7
    assert ENCODER.spans() == {"tenure": slice(0, 4), "contract": slice(4, 7)}


def test_a_number_between_two_knots_is_shared_by_them() -> None:
    assert ENCODER.encode({"tenure": 3, "contract": "year"}).tolist() == [0.75, 0.25, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(("value", "expected"), [(-5, [1, 0, 0, 0]), (24, [0, 0, 1, 0]), (99, [0, 0, 1, 0])])
def test_a_number_outside_the_knots_stays_on_the_nearest(value: float, expected: list[float]) -> None:
    assert Encoder((TENURE,)).encode({"tenure": value}).tolist() == expected


@pytest.mark.parametrize("facts", [{}, {"tenure": float("nan")}])
def test_a_fact_that_is_absent_or_nan_has_its_own_column(facts: Facts) -> None:
    assert ENCODER.encode(facts).tolist() == [0, 0, 0, 1, 0, 0, 1]


def test_a_level_never_kept_leaves_its_columns_at_zero() -> None:
    assert ENCODER.encode({"tenure": 0, "contract": "decade"}).tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_the_word_none_is_a_level_like_any_other() -> None:
    encoder = Encoder((Category("internet", ("None", "fiber")),))
    assert encoder.encode({"internet": "None"}).tolist() == [1, 0, 0]
    assert encoder.encode({}).tolist() == [0, 0, 1]


def test_booleans_are_named_as_in_json() -> None:
    assert [level(value) for value in (True, np.False_, "Yes", 3)] == ["true", "false", "Yes", "3"]
    encoder = Encoder((Category("senior", ("false", "true")),))
    assert encoder.encode({"senior": True}).tolist() == [0, 1, 0]
    assert encoder.encode_table({"senior": [False, None, "true"]}).tolist() == [
        [1, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
    ]


values = st.one_of(st.none(), st.floats(-50, 50), st.integers(-50, 50), st.just(float("nan")))
levels = st.one_of(st.none(), st.sampled_from(["month", "year", "decade"]))


@given(st.lists(st.tuples(values, levels), min_size=1, max_size=20))
def test_a_table_gives_the_numbers_of_its_rows_to_the_last_bit(rows: list[tuple[Any, Any]]) -> None:
    table = ENCODER.encode_table({"tenure": [row[0] for row in rows], "contract": [row[1] for row in rows]})
    one_by_one = [
        ENCODER.encode({k: v for k, v in zip(("tenure", "contract"), row, strict=True) if v is not None})
        for row in rows
    ]
    assert np.array_equal(table, np.array(one_by_one))


def test_a_column_the_table_does_not_have_is_missing_in_every_row() -> None:
    assert ENCODER.encode_table({"tenure": [0, 24]})[:, 4:].tolist() == [[0, 0, 1], [0, 0, 1]]


def test_a_table_without_columns_has_no_rows() -> None:
    assert ENCODER.encode_table({}).shape == (0, 7)


def test_a_single_knot_is_a_constant() -> None:
    encoder = Encoder((Numeric("lines", (2.0,)),))
    assert encoder.encode({"lines": 7}).tolist() == [1, 0]
    assert encoder.encode_table({"lines": [1, 2, None]}).tolist() == [[1, 0], [1, 0], [0, 1]]


def test_json_brings_back_every_bit() -> None:
    encoder = Encoder((Numeric("share", (0.1, 1 / 3, 0.7)), CONTRACT))
    assert Encoder.from_json(json.loads(json.dumps(encoder.to_json()))) == encoder


@pytest.mark.parametrize("knots", [(), (1.0, 1.0), (2.0, 1.0), (0.0, float("inf"))])
def test_knots_that_do_not_rise_are_refused(knots: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="fact tenure: knots must be finite and strictly rising"):
        Numeric("tenure", knots)


def test_other_values_are_levels_by_their_text() -> None:
    assert level(date(2026, 1, 2)) == "2026-01-02"
