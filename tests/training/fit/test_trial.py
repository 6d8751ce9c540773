"""Who took what in which month, against whom, and what came before and after: by position in the table of months."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from training.fit.customer_panel import Panel, panel_of
from training.fit.spoken import CONTACTS, PROPOSALS, Talks
from training.fit.trial import BEFORE, FOLLOWED, Trial, acquired, after, before, replaces, starts, trial_of

A, B, C = "A", "B", "C"


def months(
    customer: str, numbers: range, left: str | None = None
) -> list[tuple[str, date, float, bool, str | None]]:
    """A row a month; the last one ends in leaving when `left` says why."""
    last = numbers[-1]
    return [
        (
            customer,
            date(2024, number, 1),
            10.0 * number,
            left is not None and number == last,
            left if number == last else None,
        )
        for number in numbers
    ]


def a_panel(
    rows: list[tuple[str, date, float, bool, str | None]],
    *spells: tuple[str, str, tuple[int, int], tuple[int, int] | None],
    talks: Talks | None = None,
) -> Panel:
    names = ["customer_id", "month", "use", "churned", "churn_motive"]
    held = [
        (who, what, date(2024, *since), None if until is None else date(2024, *until))
        for who, what, since, until in spells
    ]
    schema = {
        "customer_id": pl.String,
        "product_id": pl.String,
        "since": pl.Date,
        "until": pl.Date,
    }
    panel = panel_of(
        pl.DataFrame(held, schema=schema, orient="row").with_columns(
            pl.col("since", "until").cast(pl.Datetime("us"))
        ),
        pl.DataFrame(rows, schema=names, orient="row"),
        {"use": "number"},
        ("tv", "wifi"),
        talks,
        ("cancel",),
    )
    assert panel is not None
    return panel


def talks(*, spoken: tuple[str, int] | None = None, wished: tuple[str, int] | None = None) -> Talks:
    contact = {"contact_id": "K", "channel": "voice", "intent": "cancel", "motive": None}
    heard = {
        "decision_id": "D",
        "contact_id": "K",
        "action_id": "offer-tv",
        "action_kind": "offer",
        "channel": "voice",
    }

    def rows(
        known: tuple[str, int] | None, fields: dict[str, object], schema: dict[str, object]
    ) -> pl.DataFrame:
        if known is None:
            return pl.DataFrame(schema=schema)
        row = {**fields, "customer_id": known[0], "at": datetime(2024, known[1], 15, tzinfo=UTC)}
        return pl.DataFrame([{name: row.get(name) for name in schema}], schema=schema)

    return Talks(
        rows(wished, contact, CONTACTS), rows(spoken, heard, PROPOSALS), datetime(2024, 12, 1, tzinfo=UTC)
    )


def test_a_run_is_an_unbroken_row_of_months_of_one_customer() -> None:
    panel = a_panel([*months(A, range(1, 4)), *months(B, range(2, 4)), *months(B, range(5, 7))])
    assert panel.first.tolist() == [0, 0, 0, 3, 3, 5, 5]
    assert panel.last.tolist() == [2, 2, 2, 4, 4, 6, 6]
    assert panel.month.tolist() == [0, 1, 2, 1, 2, 4, 5]
    assert panel.months == 6


def test_an_end_that_nobody_chose_is_no_leaving() -> None:
    panel = a_panel([*months(A, range(1, 3), "price"), *months(B, range(1, 3), "non-payment")])
    assert panel.left.tolist() == [False, True, False, False]


def test_without_months_or_without_an_ending_there_is_no_panel() -> None:
    holdings = pl.DataFrame(schema={"customer_id": pl.String, "product_id": pl.String})
    table = pl.DataFrame({"customer_id": [A], "month": [date(2024, 1, 1)]})
    assert panel_of(holdings, None, {}, ()) is None
    assert panel_of(holdings, table, {}, ()) is None
    assert panel_of(holdings, table.with_columns(churned=pl.lit(None, dtype=pl.Boolean)), {}, ()) is None


def test_a_product_is_taken_in_the_month_after_whose_start_it_is_held_and_kept() -> None:
    panel = a_panel(
        [*months(A, range(1, 5)), *months(B, range(1, 4))],
        (A, "tv", (2, 10), None),
        (B, "tv", (2, 10), (2, 20)),
        (B, "wifi", (3, 10), None),
    )
    assert np.argwhere(acquired(panel)).tolist() == [[1, 0]]
    assert starts(panel).tolist() == [True, True, True, False, True, True, False]


def test_a_month_in_which_something_was_offered_starts_no_trial() -> None:
    panel = a_panel(months(A, range(1, 4)), talks=talks(spoken=(A, 2)))
    assert starts(panel).tolist() == [True, False, False]
    assert panel.known


def test_the_follow_up_runs_from_the_next_month_until_leaving_or_the_end_of_the_table() -> None:
    panel = a_panel(
        [*months(A, range(1, 4), "price"), *months(B, range(1, 7)), *months(C, range(1, 4), "non-payment")],
        (A, "tv", (1, 5), None),
    )
    rows = after(panel, Trial(np.array([0]), np.array([3, 4, 9])))
    assert rows.taken.tolist() == [True, False, False, False]
    assert rows.left.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert rows.months.tolist() == [2.0, 5.0, 4.0, 2.0]
    assert rows.follow.tolist() == [5.0, 5.0, 4.0, 5.0]
    assert FOLLOWED == 12


def test_who_leaves_after_the_follow_up_has_stayed() -> None:
    months_of_two_years = [
        (
            A,
            date(2024 + number // 12, number % 12 + 1, 1),
            0.0,
            number == 20,
            "price" if number == 20 else None,
        )
        for number in range(21)
    ]
    rows = after(
        a_panel([*months_of_two_years, *months(B, range(1, 3))]), Trial(np.array([0]), np.array([8]))
    )
    assert (rows.left.tolist(), rows.months.tolist()) == ([0.0, 1.0], [12.0, 12.0])


def test_covariates_are_those_of_the_start_of_the_month() -> None:
    panel = a_panel([*months(A, range(1, 4)), *months(B, range(1, 4))], (A, "wifi", (1, 1), None))
    rows = after(panel, Trial(np.array([1]), np.array([3, 4])))
    assert set(rows.names) == {"use", "wifi", "month 2"}
    assert rows.design[:, rows.names.index("wifi")].tolist() == [1.0, 0.0, 0.0]


def test_the_placebo_looks_back_on_wishes_with_the_facts_of_before_them() -> None:
    panel = a_panel([*months(A, range(1, 10)), *months(B, range(1, 10))], talks=talks(wished=(A, 5)))
    rows = before(panel, Trial(np.array([6, 3]), np.array([15, 17])))
    assert rows is not None
    assert BEFORE == 6
    assert rows.taken.tolist() == [True, False, False]
    assert rows.left.tolist() == [1.0, 0.0, 0.0]
    assert rows.months.tolist() == [5.0, 6.0, 6.0]
    assert before(panel, Trial(np.array([3]), np.array([15]))) is None


def test_taking_that_mostly_gives_something_up_is_an_exchange() -> None:
    panel = a_panel(
        [*months(A, range(1, 4)), *months(B, range(1, 4)), *months(C, range(1, 4))],
        (A, "wifi", (1, 1), (2, 5)),
        (A, "tv", (2, 5), None),
        (B, "tv", (2, 5), None),
    )
    assert replaces(panel, np.array([1]))
    assert replaces(panel, np.array([1, 4]))
    assert not replaces(panel, np.array([4]))


@pytest.mark.parametrize("seed", [0, 1])
def test_of_many_others_a_random_part_is_compared(seed: int) -> None:
    rows = [row for number in range(1_000) for row in months(f"C{number:04}", range(1, 8))]
    panel = a_panel(rows, *((f"C{number:04}", "tv", (2, 5), None) for number in range(3)))
    trial = trial_of(panel, acquired(panel)[:, 0], ~panel.held[:, 0], seed)
    assert trial.taken.tolist() == [1, 8, 15]
    assert len(trial.others) == 4_000
    assert not set(trial.others) & set(trial.taken)
