"""Conversations about leaving, one row each, from contacts, answers and who was still there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from models.saving import SAVES_ACCEPTED, WISHES
from models.sections.leaving import Leaving
from training.fit.leaving_rows import LeavingRows, leaving_rows
from training.fit.spoken import CONTACTS, PROPOSALS, Talks

LEAVING = Leaving(motives=("price", "service"))


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, 12, tzinfo=UTC)


def a_contact(at: datetime, customer: str = "C-1", **fields: Any) -> dict[str, Any]:
    given = {"contact_id": f"K-{customer}-{at}", "customer_id": customer, "at": at, "channel": "voice"}
    return {**dict.fromkeys(CONTACTS), **given, "intent": "cancel", **fields}


def an_answer(
    at: datetime, action: str, *, yes: bool, customer: str = "C-1", **fields: Any
) -> dict[str, Any]:
    given = {"customer_id": customer, "at": at, "action_id": action, "accepted": yes, "withdrawn": False}
    return {**dict.fromkeys(PROPOSALS), **given, "action_kind": "save", **fields}


def a_month(month: int, customer: str = "C-1", *, left: bool = False, why: str | None = None, tenure: float = 1.0) -> dict[str, Any]:  # fmt: skip
    return {
        "customer_id": customer,
        "month": date(2026, month, 1),
        "tenure": tenure,
        "churned": left,
        "churn_motive": why,
    }


STAYED = [a_month(month) for month in range(1, 7)]


def rows(
    contacts: list[dict[str, Any]],
    answers: list[dict[str, Any]] | None = None,
    months: list[dict[str, Any]] | None = None,
) -> LeavingRows:
    talks = Talks(
        pl.DataFrame(contacts, schema=CONTACTS), pl.DataFrame(answers or [], schema=PROPOSALS), None
    )
    types = {"customer_id": pl.String, "month": pl.Date, "tenure": pl.Float64, "churned": pl.Boolean, "churn_motive": pl.String}  # fmt: skip
    customers = pl.DataFrame(months or STAYED, schema=types)
    found = leaving_rows(talks, customers, LEAVING, ("tenure",))
    assert found is not None
    return found


def column(found: LeavingRows, name: str) -> list[Any]:
    return found.table[name].to_list()


def test_contacts_that_follow_within_seven_days_are_one_conversation() -> None:
    found = rows(
        [a_contact(day(2, 3), motive="price"), a_contact(day(2, 9), motive="service"), a_contact(day(2, 20)), a_contact(day(3, 1), intent="bill")]
    )  # fmt: skip
    assert column(found, "start") == [day(2, 3), day(2, 20)]
    assert column(found, "motive") == ["service", None]


def test_what_was_said_is_refused_or_accepted_a_save_before_an_offer() -> None:
    found = rows(
        [a_contact(day(month, 3)) for month in (1, 2, 3, 4)],
        [
            an_answer(day(1, 3), "a", yes=False),
            an_answer(day(1, 4), "b", yes=False),
            an_answer(day(1, 4), "b", yes=False),
            an_answer(day(2, 3), "a", yes=False),
            an_answer(day(2, 4), "b", yes=True),
            an_answer(day(2, 4), "tv", yes=True, action_kind="offer"),
            an_answer(day(3, 3), "tv", yes=True, action_kind="offer"),
            an_answer(day(3, 11), "a", yes=True),  # eight days later: of no conversation
            an_answer(day(4, 3), "a", yes=True, withdrawn=True),
        ],
    )
    assert column(found, "refused") == [2, 1, 0, 1]
    assert column(found, "accepted") == [None, "b", "tv", None]
    assert column(found, "save") == [False, True, False, False]


def test_each_has_the_churn_logit_of_its_month_where_there_is_one() -> None:
    talks = Talks(
        pl.DataFrame([a_contact(day(1, 5)), a_contact(day(3, 5))], schema=CONTACTS),
        pl.DataFrame(schema=PROPOSALS),
        None,
    )
    customers = pl.DataFrame(STAYED, schema_overrides={"month": pl.Date})
    logits = customers.select("customer_id", "month", logit=-pl.col("month").dt.month().cast(pl.Float64))
    known = leaving_rows(talks, customers, LEAVING, (), logits.filter(pl.col("logit") < -1.0))
    assert known is not None
    assert column(known, "logit") == [None, -3.0]
    unknown = leaving_rows(talks, customers, LEAVING, ())
    assert unknown is not None
    assert column(unknown, "logit") == [None, None]


def test_who_was_served_instead_is_left_out() -> None:
    served = [an_answer(day(2, 3), "repair", yes=True, action_kind="service")]
    assert len(rows([a_contact(day(2, 3))], served)) == 0
    assert len(rows([a_contact(day(2, 3))], [*served, an_answer(day(2, 3), "a", yes=True)])) == 1


def test_leaving_is_that_month_or_the_next_and_by_himself() -> None:
    months = [
        a_month(1, "A", left=True, why="price"),
        *[a_month(1, "B"), a_month(2, "B", left=True)],
        *[a_month(1, "C"), a_month(2, "C"), a_month(3, "C", left=True)],
        a_month(1, "D", left=True, why="non-payment"),
        *[a_month(1, "E"), a_month(2, "E", left=True, why="unavoidable")],
    ]
    found = rows([a_contact(day(1, 5), name) for name in "ABCDE"], months=months)
    assert dict(zip(column(found, "customer_id"), column(found, "left"), strict=True)) == {
        "A": True, "B": True, "C": False, "E": False,
    }  # fmt: skip


def test_the_last_month_of_the_table_is_not_known_yet() -> None:
    assert len(rows([a_contact(day(6, 2))])) == 0


def test_facts_are_those_of_the_month_and_the_history_counts_what_came_before() -> None:
    contacts = [a_contact(day(5, 2, 2025)), a_contact(day(11, 2, 2025)), a_contact(day(3, 2)), a_contact(day(5, 5))]  # fmt: skip
    given = [an_answer(day(3, 2), "a", yes=True), an_answer(day(5, 5), "a", yes=True)]
    found = rows(contacts, given, [a_month(month, tenure=float(month)) for month in range(1, 7)])
    assert column(found, "start") == [day(3, 2), day(5, 5)]
    assert found.facts == {"tenure": [3.0, 5.0], WISHES: [2, 2], SAVES_ACCEPTED: [0, 1]}


def test_without_a_table_of_who_left_there_is_nothing_to_learn() -> None:
    talks = Talks(pl.DataFrame(schema=CONTACTS), pl.DataFrame(schema=PROPOSALS), None)
    assert leaving_rows(talks, None, LEAVING, ()) is None
    table = pl.DataFrame({"customer_id": ["C-1"], "month": [date(2026, 1, 1)]})
    assert leaving_rows(talks, table, LEAVING, ()) is None
