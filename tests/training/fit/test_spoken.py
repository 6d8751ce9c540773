"""The journal tells what was said in contacts, and what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from training.archive import SCHEMA
from training.fit.spoken import CONTACTS, PROPOSALS, Talks, read_talks
from training.prompted import journal_parts
from training.simulator.laboratory.play import opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.tables import write_tables
from training.simulator.laboratory.worlds import WORLDS

if TYPE_CHECKING:
    from pathlib import Path


def an_outcome(kind: str, minute: int = 0, **fields: Any) -> tuple[str, str]:
    record = {
        "decision_id": "p00-1", "action_id": "tv-add", "kind": kind, "at": f"2026-03-05T14:{minute:02d}:00Z", "customer_id": "C-1",
        "contact_id": "K-1", "channel": "voice", "action_kind": "offer", "family": "tv", "reason": "unknown",
    }  # fmt: skip
    return "outcome", json.dumps(record | fields)


def a_contact(minute: int = 0, **fields: Any) -> tuple[str, str]:
    record = {"kind": "contact", "at": f"2026-03-05T14:{minute:02d}:00+00:00", "customer_id": "C-1", "contact_id": "K-1", "channel": "voice"}  # fmt: skip
    return "event", json.dumps(record | fields)


def talks(folder: Path, *records: tuple[str, str | None]) -> Talks:
    rows = [
        {"entry": f"{n}-0", "partition": "p00", "kind": kind, "id": str(n), "customer_id": "C-1", "at": "", "record": record}
        for n, (kind, record) in enumerate(records)
    ]  # fmt: skip
    place = folder / "journal" / "date=2026-03-05"
    place.mkdir(parents=True)
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(place / "part-p00-0-0-to-9-0.parquet")
    return read_talks(journal_parts(folder))


def test_a_contact_is_one_row_with_its_first_channel_and_its_last_words(tmp_path: Path) -> None:
    found = talks(
        tmp_path,
        a_contact(5, intent="cancel", motive="service"),
        a_contact(intent="bill"),
        a_contact(7, channel="chat", motive="price"),
        ("event", json.dumps({"kind": "outage", "at": "2026-03-05T10:00:00Z", "customer_id": "C-1"})),
    )
    at = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
    assert found.contacts.rows() == [("K-1", "C-1", at, "voice", "cancel", "price")]


def test_a_proposal_is_one_row_with_the_motive_of_its_contact(tmp_path: Path) -> None:
    found = talks(
        tmp_path,
        a_contact(intent="cancel", motive="price"),
        an_outcome("shown"),
        an_outcome("spoken", 1),
        an_outcome("accepted", 2),
        an_outcome("withdrawn", 30),
    )
    row = found.spoken.row(0, named=True)
    assert (len(found.spoken), row["intent"], row["motive"]) == (1, "cancel", "price")
    assert (row["accepted"], row["withdrawn"], row["reason"]) == (True, True, None)
    assert row["at"] == datetime(2026, 3, 5, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("records", "heard"),
    [
        ([an_outcome("shown")], 0),
        ([an_outcome("shown"), an_outcome("skipped", 1)], 0),
        ([an_outcome("shown", channel="chat")], 1),
        ([an_outcome("shown", speaker="bot")], 1),
        ([an_outcome("shown", channel="chat"), an_outcome("skipped", 1, channel="chat")], 0),
        ([an_outcome("declined", reason="price")], 1),
        ([an_outcome("deferred")], 1),
        ([("outcome", None)], 0),
    ],
)
def test_what_the_customer_sees_himself_is_heard_and_what_an_agent_leaves_out_is_not(
    tmp_path: Path, records: list[tuple[str, str | None]], heard: int
) -> None:
    found = talks(tmp_path, *records)
    assert len(found.spoken) == heard
    assert not found.spoken["accepted"].any()


def test_the_reason_is_that_of_the_decline(tmp_path: Path) -> None:
    found = talks(tmp_path, an_outcome("spoken"), an_outcome("declined", 1, reason="price"))
    assert found.spoken["reason"].to_list() == ["price"]


def test_without_a_journal_there_is_nothing_with_the_same_columns() -> None:
    found = read_talks([])
    assert found.until is None
    assert (found.contacts.schema, found.spoken.schema) == (pl.Schema(CONTACTS), pl.Schema(PROPOSALS))


def test_a_laboratory_says_what_it_wrote_down(tmp_path: Path) -> None:
    play = opened(set_up(WORLDS["base"], 3, 2000)).run(RandomEligible(share=1.0), 3)
    write_tables(play, tmp_path)
    found = read_talks(journal_parts(tmp_path))
    assert len(found.contacts) == sum(len(seen.contacts.row) for seen in play.seen)
    for column in ("spoken", "accepted", "withdrawn"):
        counted = len(found.spoken) if column == "spoken" else int(found.spoken[column].sum())
        assert counted == sum(int(getattr(seen.asked, column).sum()) for seen in play.seen) > 0
    middle = found.spoken["at"][len(found.spoken) // 2]
    assert len(found.before(middle).spoken) + len(found.since(middle).spoken) == len(found.spoken)
    one = found.contacts["customer_id"][:1]
    assert set(found.of(one).contacts["customer_id"]) == set(one)


def test_how_often_the_next_proposal_is_heard_is_counted_where_the_one_before_was_not_accepted(
    tmp_path: Path,
) -> None:
    said = [
        *[an_outcome("shown", n, action_id=name) for n, name in enumerate(("a", "b", "c"))],
        an_outcome("spoken", 3, action_id="a"),
        an_outcome("declined", 4, action_id="a"),
        an_outcome("spoken", 5, action_id="b"),
        an_outcome("deferred", 6, action_id="b"),
        an_outcome("skipped", 7, action_id="c"),
        *[
            an_outcome("shown", 8 + n, action_id=name, decision_id="p00-2")
            for n, name in enumerate(("a", "b"))
        ],
        an_outcome("accepted", 10, action_id="a", decision_id="p00-2"),
        an_outcome("shown", 11, action_id="a", decision_id="p00-3"),
        an_outcome("declined", 12, action_id="a", decision_id="p00-3"),
    ]
    assert talks(tmp_path, *said).next_heard == (2, 1)
