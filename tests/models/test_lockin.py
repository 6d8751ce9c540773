"""The table of lock-in effects: only evidence counts."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from math import exp, log, sqrt
from typing import Any

import pytest

from models.evidence import Check, Evidence, Ratio
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
        {key: value for key, value in asdict(an_effect()).items() if key != "grade"},
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


EVIDENCE = Evidence(
    naive=Ratio(0.3, 0.2, 0.4),
    adjusted=Ratio(0.7, 0.6, 0.9),
    taken=120,
    controls=9000,
    months=6,
    overlap=0.97,
    checks=(Check("placebo outcome", passed=True, value=0.03, says="Nothing before the date."),),
)


@pytest.mark.parametrize("instrument", [None, Ratio(0.8, 0.5, 1.2)])
def test_evidence_survives_json(instrument: Ratio | None) -> None:
    table = LockIn((an_effect(evidence=replace(EVIDENCE, instrument=instrument), reason="B: stands"),))
    assert LockIn.from_json(json.loads(json.dumps(table.to_json()))) == table


def test_a_row_of_five_keys_is_an_effect_without_evidence() -> None:
    row = {"product_id": "tv", "hazard_ratio": 0.8, "low": 0.7, "high": 0.9, "grade": "B"}
    assert LockIn.from_json([row]) == LockIn((an_effect(),))


def test_a_barrier_never_counts() -> None:
    table = LockIn((an_effect(grade="C", barrier=True),))
    assert table.ratio(["tv"]) == 1.0
    with pytest.raises(ValueError, match="product 'tv': grade is 'B': a barrier is no reason to stay"):
        an_effect(barrier=True)


def test_the_error_of_the_logarithm_is_read_off_the_interval() -> None:
    effect = an_effect(hazard_ratio=0.8, low=0.8 * exp(-1.959963984540054 * 0.1), high=0.8 * exp(0.196))
    assert effect.log_ratio == log(0.8)
    assert effect.error == pytest.approx(0.1, abs=1e-5)


def test_errors_of_several_products_add_in_squares_and_an_exchange_for_itself_has_none() -> None:
    tv, security = (TABLE.counted[name].error for name in ("tv", "security"))
    assert TABLE.error(["tv"], ["security"]) == pytest.approx(sqrt(tv**2 + security**2))
    assert TABLE.error(["films", "unheard-of"]) == 0.0
    assert TABLE.error(["tv"], ["tv"]) == 0.0


@pytest.mark.parametrize("numbers", [(0.5, 0.6, 0.9), (0.8, 0.0, 0.9), (0.8, 0.7, float("inf"))])
def test_a_ratio_of_evidence_that_cannot_be_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="evidence: "):
        Ratio(*numbers)


@pytest.mark.parametrize("given", [{"taken": -1}, {"overlap": 1.1}, {"overlap": float("nan")}])
def test_counts_and_shares_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="evidence: counts are not below 0 and overlap is a share"):
        replace(EVIDENCE, **given)


def test_a_check_whose_value_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="check 'E-value': value is nan: give a finite number or null"):
        Check("E-value", passed=True, value=float("nan"), says="")


@pytest.mark.parametrize("wrong", [3, {"taken": 1}, {**asdict(EVIDENCE), "naive": {"ratio": 1.0}}])
def test_evidence_with_other_keys_is_refused(wrong: object) -> None:
    row = {**asdict(an_effect()), "evidence": wrong}
    with pytest.raises(ValueError, match=r"lock-in evidence: .*: give an object with"):
        LockIn.from_json([row])
