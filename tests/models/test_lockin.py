"""The table of lock-in effects: only evidence counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.lockin import Effect, LockIn


def an_effect(product_id: str = "tv", **given: Any) -> Effect:
    row: dict[str, Any] = {"hazard_ratio": 0.8, "low": 0.7, "high": 0.9, "grade": "B"}
    return Effect(product_id, **row | given)


TABLE = LockIn(
    (
        an_effect("tv", hazard_ratio=0.8, grade="A"),
        an_effect("security", hazard_ratio=0.5, low=0.4, high=0.6),
        an_effect("streaming", hazard_ratio=1.25, low=1.1, high=1.4),
        an_effect("films", hazard_ratio=0.1, low=0.05, high=0.2, grade="C"),
    )
)


def test_an_empty_table_changes_nothing() -> None:
    assert LockIn().ratio(["tv"], ["security"]) == 1.0
    assert LockIn().grade(["tv"]) is None


def test_gained_products_multiply() -> None:
    assert TABLE.ratio(["tv", "security"]) == pytest.approx(0.4)


def test_lost_products_divide() -> None:
    assert TABLE.ratio(lost=["security"]) == pytest.approx(2.0)
    assert TABLE.ratio(["tv"], ["tv"]) == 1.0


def test_a_product_can_make_staying_less_likely() -> None:
    assert TABLE.ratio(["streaming"]) == 1.25


def test_grade_c_counts_as_nothing() -> None:
    assert TABLE.ratio(["films"]) == 1.0
    assert TABLE.grade(["films"]) is None


def test_a_product_without_a_row_counts_as_nothing() -> None:
    assert TABLE.ratio(["unheard-of"], ["unheard-of"]) == 1.0


def test_the_weakest_grade_that_counted_is_shown() -> None:
    assert TABLE.grade(["tv"]) == "A"
    assert TABLE.grade(["tv", "films"], ["security"]) == "B"


@pytest.mark.parametrize("name", ["hazard_ratio", "low", "high"])
@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "0.8", None, True])
def test_a_ratio_that_is_no_positive_finite_number_is_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"product 'tv': {name} is .*: give a positive finite hazard ratio"):
        an_effect(**dict[str, Any]({name: value}))


@pytest.mark.parametrize("ratio", [0.69, 0.91])
def test_a_ratio_outside_its_interval_is_refused(ratio: float) -> None:
    with pytest.raises(
        ValueError, match=r"product 'tv': .* lies outside \[0.7, 0.9\]: give low <= hazard_ratio"
    ):
        an_effect(hazard_ratio=ratio)


@pytest.mark.parametrize("grade", ["D", "a", "", None, 1])
def test_an_unknown_grade_is_refused(grade: object) -> None:
    with pytest.raises(ValueError, match=r"product 'tv': grade is .*: give one of A, B, C"):
        an_effect(grade=grade)


def test_two_rows_for_a_product_are_refused() -> None:
    with pytest.raises(ValueError, match="product 'tv': it has two rows: keep one of them"):
        LockIn((an_effect(), an_effect(grade="A")))


def test_the_table_survives_json_in_product_order() -> None:
    rows = json.loads(json.dumps(TABLE.to_json()))
    assert [row["product_id"] for row in rows] == ["films", "security", "streaming", "tv"]
    assert LockIn.from_json(rows).to_json() == TABLE.to_json()
    assert LockIn.from_json([]) == LockIn()


@pytest.mark.parametrize(
    "row",
    [
        "tv",
        {"product_id": "tv"},
        {**LockIn((an_effect(),)).to_json()[0], "pvalue": 0.1},
        {**LockIn((an_effect(),)).to_json()[0], "product_id": 7},
    ],
)
def test_a_row_that_is_no_effect_is_named(row: object) -> None:
    with pytest.raises(
        ValueError, match=r"lock-in, row 0: .*: give an object with product_id \(text\), hazard_ratio"
    ):
        LockIn.from_json([row])


def test_a_table_that_is_no_list_is_refused() -> None:
    with pytest.raises(ValueError, match="lock-in: dict found: give a list with one object a product"):
        LockIn.from_json({"tv": 0.8})
