from datetime import date

from models.features import Category, Numeric
from training.fit.encoding import fit_encoder


def test_knots_stand_at_quantiles_of_the_training_rows() -> None:
    encoder = fit_encoder({"tenure": [*range(9), None]}, {"tenure": "integer"}, knots=5)
    assert encoder.blocks == (Numeric("tenure", (0.0, 2.0, 4.0, 6.0, 8.0)),)


def test_equal_quantiles_become_one_knot() -> None:
    encoder = fit_encoder({"tickets": [0.0] * 90 + [3.0] * 10}, {"tickets": "number"})
    assert encoder.blocks == (Numeric("tickets", (0.0, 3.0)),)


def test_levels_seen_fewer_than_twenty_times_have_no_column() -> None:
    column = ["year"] * 20 + ["month"] * 30 + ["decade"] * 19 + [None]
    assert fit_encoder({"contract": column}, {"contract": "string"}).blocks == (
        Category("contract", ("month", "year")),
    )


def test_booleans_always_have_both_levels() -> None:
    assert fit_encoder({"senior": [True, None]}, {"senior": "boolean"}).blocks == (
        Category("senior", ("false", "true")),
    )


def test_facts_that_say_nothing_and_dates_are_left_out() -> None:
    columns = {
        "a": [None, None],
        "b": [None, None],
        "c": ["x", "y"],
        "d": [date(2026, 1, 1), None],
        "e": [1, 2],
        "z": [None, None],
    }
    kinds = {
        "a": "number",
        "b": "boolean",
        "c": "string",
        "d": "date",
        "z": "string",
        "not_there": "number",
        "e": "number",
    }
    assert [block.fact for block in fit_encoder(columns, kinds).blocks] == ["e"]
