"""Figures on journals and tables small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from models.insights import MOST_POINTS, Point
from training.insights import answers, decided, fairness, staying
from training.insights.points import figure, not_about_persons
from training.insights.read import DECISIONS
from training.measured.intervals import share

if TYPE_CHECKING:
    from models.insights import Figure
    from tests.training.report.small_worlds import World


def one(figure: Figure, series: str, at: str = "all") -> Point:
    """The point of this series at this place."""
    (found,) = [point for point in figure.points if (point.series, point.at) == (series, at)]
    return found


def values(figure: Figure, *, all_months: bool = False) -> dict[tuple[str, str], tuple[float, int]]:
    """Series and place -> value and n."""
    return {
        (point.series, point.at): (point.value, point.n)
        for point in figure.points
        if all_months or point.at != "all"
    }


def some_decisions(*rows: dict[str, Any]) -> pl.DataFrame:
    """Decisions by customer C-1, C-2, ... on the tenth of a `month` of 2026, of which a test states only what it is about."""
    plain = {
        "mode": "grow",
        "intent": None,
        "first": None,
        "held": None,
        "explored": False,
        "rate": 0.0,
        "given_up": 0.0,
        "levers": False,
        "levers_cost": 0.0,
        "tenure": None,
        "vulnerable": None,
        "holdings": [],
    }
    full = [
        {
            **plain,
            "decision_id": f"D-{number}",
            "customer_id": f"C-{number}",
            "contact_id": f"K-{number}",
            "at": datetime(2026, row.pop("month", 3), 10, tzinfo=UTC),
            **row,
        }
        for number, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame(full, schema=DECISIONS)


def test_acceptance_counts_what_was_heard_and_answered_by_month_and_kind(world: World) -> None:
    world.lives(C_1="ssssss")
    for n, month, kind, became in (
        (1, 3, "offer", ["accepted"]),
        (2, 3, "offer", ["declined"]),
        (3, 3, "save", ["accepted"]),
        (4, 4, "offer", ["accepted", "withdrawn"]),
        (5, 4, "offer", []),
    ):
        world.contact(f"C-{n}", month)
        world.said(f"C-{n}", month, *became, kind=kind)
    figure = answers.acceptance(world.read())
    assert values(figure, all_months=True) == {
        ("offers", "all"): (0.333333, 3),
        ("offers", "2026-03"): (0.5, 2),
        ("offers", "2026-04"): (0.0, 1),
        ("saves", "all"): (1.0, 1),
        ("saves", "2026-03"): (1.0, 1),
    }


def test_net_saves_are_those_still_here_three_months_on(world: World) -> None:
    world.lives(C_1="ssssss", C_2="sssl", C_3="ssssss", C_4="ssssss")
    for n in (1, 2, 3):
        world.contact(f"C-{n}", 3)
    world.contact("C-4", 4)
    world.said("C-1", 3, "declined")
    figure = answers.net_saves(world.read())
    three = share(3, 4)
    found = one(figure, "all")
    assert (found.value, found.n) == (0.75, 4)
    assert (found.low, found.high) == (round(three.low, 6), round(three.high, 6))
    assert values(figure) == {("all", "2026-03"): (0.666667, 3), ("all", "2026-04"): (1.0, 1)}
    assert one(figure, "spoken").n == 1
    assert (one(figure, "silent").value, one(figure, "silent").n) == (0.666667, 3)


def test_the_matrix_tells_held_and_stayed_and_those_who_heard_nothing(world: World) -> None:
    world.lives(C_1="ssssss", C_2="ssssss", C_3="sssl")
    for n in (1, 2, 3):
        world.contact(f"C-{n}", 3)
    world.said("C-1", 3, "accepted")
    world.said("C-2", 3, "declined")
    figure = answers.held(world.read())
    assert values(figure) == {("cheaper", "price"): (0.5, 2), ("no_save", "price"): (0.0, 1)}
    about = one(figure, "cheaper", "price").about
    assert (about["stayed"], about["more"]) == (1.0, 1.0)


@pytest.mark.parametrize("name", ["acceptance", "net_saves", "held"])
def test_without_a_journal_that_is_said(world: World, name: str) -> None:
    world.lives(C_1="ssssss")
    assert getattr(answers, name)(world.read()).missing == "no_journal"


def test_with_a_journal_and_no_months_nobody_knows_who_stayed(world: World) -> None:
    world.contact("C-1", 3)
    given = world.read()
    assert (answers.net_saves(given).missing, answers.held(given).missing) == ("no_months", "no_months")
    assert answers.acceptance(given).missing == "too_few"
    assert staying.cohorts(given).missing == "no_months"


def test_modes_are_shares_of_a_months_decisions() -> None:
    figure = decided.modes(some_decisions({}, {}, {"mode": "save"}, {"month": 4}))
    assert values(figure, all_months=True) == {
        ("grow", "all"): (0.75, 4),
        ("grow", "2026-03"): (0.666667, 3),
        ("grow", "2026-04"): (1.0, 1),
        ("save", "all"): (0.25, 4),
        ("save", "2026-03"): (0.333333, 3),
        ("save", "2026-04"): (0.0, 1),
    }
    assert decided.modes(some_decisions()).missing == "no_records"


def test_a_contact_costs_what_its_dearest_decision_gave_up() -> None:
    exploring = {"rate": 0.1, "explored": True}
    figure = decided.exploration(
        some_decisions(
            {**exploring, "given_up": 3.0, "contact_id": "K", "customer_id": "C"},
            {**exploring, "given_up": 2.0, "contact_id": "K", "customer_id": "C"},
            {"rate": 0.1},
            {"rate": 0.1, "month": 4},
        )
    )
    total = one(figure, "total")
    assert (total.value, total.n, total.about["a_thousand"]) == (3.0, 3, 1000.0)
    assert total.about["used"] == 0.333333
    assert values(figure) == {("given_up", "2026-03"): (3.0, 2)}


def test_what_is_not_in_use_is_said() -> None:
    quiet = some_decisions({}, {})
    assert (decided.exploration(quiet).missing, decided.levers(quiet).missing) == ("not_in_use", "not_in_use")
    empty = some_decisions()
    assert (decided.exploration(empty).missing, decided.levers(empty).missing) == ("no_records", "no_records")
    pushed = decided.levers(some_decisions({"levers": True, "levers_cost": 4.0}, {}))
    assert one(pushed, "total").value == 4.0


def with_discount(*rows: dict[str, Any]) -> pl.DataFrame:
    euros = [row.pop("discount") for row in rows]
    return some_decisions(*rows).with_columns(discount=pl.Series(euros, dtype=pl.Float64))


def test_discounts_are_told_by_tenure_and_vulnerability() -> None:
    rows = with_discount(
        {"tenure": 3, "discount": 10.0},
        {"tenure": 11, "discount": 0.0},
        {"tenure": 12, "discount": 6.0, "vulnerable": True},
        {"tenure": 80, "discount": 0.0, "vulnerable": False},
    )
    assert values(fairness.by_tenure(rows)) == {
        ("discount", "0-12"): (5.0, 2),
        ("discount", "12-36"): (6.0, 1),
        ("discount", "72+"): (0.0, 1),
    }
    assert values(fairness.by_vulnerability(rows)) == {
        ("discount", "no"): (3.333333, 3),
        ("discount", "yes"): (6.0, 1),
    }
    missing = [fairness.by_tenure(None), fairness.by_vulnerability(None)]
    assert [one.missing for one in missing] == ["no_documents", "no_documents"]


def test_who_threatens_is_compared_with_quiet_customers_of_equal_value() -> None:
    """In the first fifth 6 - 2 = 4, twice; in the second 10 - 9 = 1, once; the third has nobody quiet."""
    rows = [(0, False, 2.0), (0, True, 4.0), (0, True, 8.0), (1, False, 9.0), (1, True, 10.0), (2, True, 50.0)]  # fmt: skip
    frame = with_discount(*({"discount": euros} for *_, euros in rows)).with_columns(
        fifth=pl.Series([fifth for fifth, *_ in rows]), threatens=pl.Series([flag for _, flag, _ in rows])
    )
    found = fairness.gap(frame)
    assert found is not None
    assert found.value == pytest.approx((2 * 4.0 + 1.0) / 3)
    assert found.low <= found.value <= found.high
    assert fairness.gap(frame.filter("threatens")) is None


def test_cohorts_tell_who_is_still_here_and_whether_all_are_old_enough(world: World) -> None:
    world.lives(C_1="ssssss", C_2="sl", C_3=".ssss", C_4="...sss")
    figure = staying.cohorts(world.read())
    assert one(figure, "already", "1").value == 1.0
    assert (one(figure, "already", "2").value, one(figure, "already", "2").n) == (0.5, 2)
    assert one(figure, "2026-04", "3").about["mature"] is True
    assert one(figure, "2026-02", "1").about["started"] == 1.0


def test_a_share_of_one_customer_is_not_sure_however_often_he_said_yes(world: World) -> None:
    world.lives(C_1="ssssss")
    for month in (1, 2, 3):
        world.contact("C-1", month)
        world.said("C-1", month, "accepted")
    found = one(answers.acceptance(world.read()), "saves")
    assert (found.value, found.n, found.about["customers"]) == (1.0, 3, 1)
    assert found.low == pytest.approx(share(1, 1).low, abs=1e-6)


def test_decisions_of_one_customer_stand_or_fall_together() -> None:
    rows = [{"mode": mode, "customer_id": f"C-{who}"} for who in range(20) for mode in ["save" if who < 10 else "grow"] * 5]  # fmt: skip
    found, plain = one(decided.modes(some_decisions(*rows)), "save"), share(10, 20)
    assert (found.n, found.about["customers"]) == (100, 20)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=1e-6)


def test_what_is_counted_on_fewer_than_ten_customers_is_not_told() -> None:
    rows = [{"mode": "grow", "month": 3 if who < 10 else 4, "customer_id": f"C-{who}"} for who in range(19)]
    figure = not_about_persons(decided.modes(some_decisions(*rows, {"month": 4, "customer_id": "C-18"})))
    assert values(figure, all_months=True) == {("grow", "all"): (1.0, 20), ("grow", "2026-03"): (1.0, 10)}
    nobody = not_about_persons(decided.modes(some_decisions(*rows[:9])))
    assert (nobody.points, nobody.missing) == ((), "too_few")
    assert not_about_persons(nobody) == nobody


def test_of_too_many_points_those_counted_on_most_are_told_in_their_order() -> None:
    points = [Point(series="s", at=str(n), value=0.5, n=n % 1000) for n in range(MOST_POINTS + 3)]
    found = figure("modes", points)
    assert found.left_out == 3
    assert [point.at for point in found.points] == [str(n) for n in range(MOST_POINTS + 3) if n not in (0, 1000, 2000)]  # fmt: skip
    small = [Point(series="s", at=str(n), value=0.5, n=9 + n % 2) for n in range(6)]
    assert (
        not_about_persons(figure("modes", small)).left_out == 0
    )  # of these it is not said how many there are
