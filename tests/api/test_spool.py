"""Writes while the store is away: acknowledged once they are on this disk, in the store once it is back, each in its order and counted once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import redis

from api.embedded import find_binary, start
from api.relay import relay, waves
from api.settings import read_settings
from api.spool import Spool, SpoolError
from api.spool_file import Entry, insert, oldest, opened
from tests.api.running import HERE, Running, a_customer, an_event, an_outcome, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from api.embedded import Server
    from api.settings import Settings

pytestmark = pytest.mark.anyio

MOST = 1_000_000


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own, to be paused."""
    server = start(tmp_path / "mortal", find_binary())
    yield server
    assert server.process is not None
    server.process.send_signal(signal.SIGCONT)
    server.stop()


@pytest.fixture
async def spooling(settings: Settings, mortal: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """A service with a spool; nothing is relayed unless a test does it."""
    async with running(with_spool(settings, mortal, tmp_path)) as found:
        yield found


def with_spool(settings: Settings, mortal: Server, tmp_path: Path, **more: Any) -> Settings:
    told = {"redis_url": mortal.url, "redis_timeout": 5.0, "spool": tmp_path / "spool", **more}
    return dataclasses.replace(settings, **told)


def pause(desk: Running, mortal: Server) -> None:
    """The store answers nothing, and nobody asks it."""
    assert mortal.process is not None
    os.kill(mortal.process.pid, signal.SIGSTOP)
    breaker = desk.service.store.breaker
    breaker.clock = lambda: 0.0  # no probe is due
    breaker.failed(1.0, "slow")


async def resume(desk: Running, mortal: Server) -> None:
    """It answers again, and what waits is relayed."""
    assert mortal.process is not None
    os.kill(mortal.process.pid, signal.SIGCONT)
    desk.service.store.breaker.succeeded()
    await relay(desk.service)
    assert desk.service.spool is not None
    assert desk.service.spool.backlog.total() == 0


def entries(mortal: Server, kind: str) -> list[dict[str, Any]]:
    """What the journal holds of a kind, partition by partition."""
    with redis.Redis.from_url(mortal.url) as client:
        told = [fields for n in range(64) for _, fields in client.xrange(f"{{p{n:02d}}}:journal")]
    return [
        json.loads(fields[b"record"]) if b"record" in fields else {"id": fields[b"id"].decode()}
        for fields in told
        if fields[b"kind"].decode() == kind
    ]


def statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["status"] for row in answer.json()["results"]]


async def test_what_is_told_while_the_store_is_away_counts_once_when_it_is_back(
    spooling: Running, mortal: Server
) -> None:
    await spooling.put(a_customer("C-1", "mobile"))
    before = await spooling.decide(contact_id="k-1")
    pause(spooling, mortal)
    told = {"outcomes": [an_outcome(before)]}
    assert statuses(await spooling.post("/v1/outcomes", told)) == ["spooled"]
    assert statuses(await spooling.post("/v1/outcomes", told)) == ["spooled"]
    assert statuses(await spooling.post("/v1/events", {"events": [an_event()]})) == ["spooled"]
    assert (await spooling.put(a_customer("C-1", "fiber"))).status_code == 200
    ready = (await spooling.get("/readyz?verbose")).json()
    assert ready["spool"]["backlog"] == {"outcome": 2, "event": 1, "customer": 1, "decision": 0}
    await resume(spooling, mortal)
    assert [one["outcome_id"] for one in entries(mortal, "outcome")] == ["o-1"]
    assert [one["event_id"] for one in entries(mortal, "event")] == ["e-1"]
    stored = (await spooling.get("/v1/customers/C-1")).json()
    assert [held["product_id"] for held in stored["holdings"]] == ["fiber"]
    assert statuses(await spooling.post("/v1/outcomes", told)) == ["known"]


async def test_a_decision_made_without_the_store_is_found_by_what_is_told_of_it(
    spooling: Running, mortal: Server
) -> None:
    pause(spooling, mortal)
    made = await spooling.decide(
        holdings=[{"product_id": "fiber"}], consents={"marketing": True, "profiling": True}
    )
    assert (made["degraded"][0], made["degraded"][-1]) == ("store", "why:slow")
    wrong = {"outcomes": [an_outcome(made, action_id="repair-nothing")]}
    refused = await spooling.post("/v1/outcomes", wrong)
    assert refused.status_code == 422
    assert "was not proposed in that decision" in refused.text
    assert statuses(await spooling.post("/v1/outcomes", {"outcomes": [an_outcome(made)]})) == ["spooled"]
    await resume(spooling, mortal)
    [told] = entries(mortal, "outcome")
    assert (told["customer_id"], told["contact_id"]) == ("C-1", "call-1")
    stored = (await spooling.get(f"/v1/decisions/{made['decision_id']}")).json()
    assert stored["degraded"] == made["degraded"][:-1]
    assert stored["proposals"] == made["proposals"]
    again = (await spooling.post(f"/v1/decisions/{made['decision_id']}/replay")).json()
    assert again["same"] is True


async def test_the_same_question_asked_twice_meanwhile_leaves_both_decisions(
    spooling: Running, mortal: Server
) -> None:
    pause(spooling, mortal)
    made = [await spooling.decide() for _ in range(2)]
    assert made[0]["decision_id"] != made[1]["decision_id"]
    await resume(spooling, mortal)
    assert sorted(one["id"] for one in entries(mortal, "decision")) == sorted(
        one["decision_id"] for one in made
    )


async def test_who_asks_comes_before_what_is_relayed(spooling: Running, mortal: Server) -> None:
    pause(spooling, mortal)
    events = [an_event(f"e-{number}", f"C-{number}") for number in range(200)]
    assert set(statuses(await spooling.post("/v1/events", {"events": events}))) == {"spooled"}
    spool, admission = spooling.service.spool, spooling.service.admission
    assert spool is not None
    admission.stands_since(0.0)
    relaying = asyncio.create_task(resume(spooling, mortal))
    await asyncio.sleep(1.0)  # in which all would be relayed
    assert 50 <= spool.backlog["event"] < 200, "some every second while somebody waits"
    admission.stands_since(math.inf)
    await relaying


async def test_an_id_that_no_decision_has_is_refused_also_while_nobody_can_look(
    spooling: Running, mortal: Server
) -> None:
    made = await spooling.decide()
    pause(spooling, mortal)
    answer = await spooling.post("/v1/outcomes", {"outcomes": [an_outcome(made, decision_id="misspelt")]})
    assert answer.status_code == 422
    assert "is no id of a decision" in answer.text
    spooling.clock.move(days=4000)
    old = await spooling.post("/v1/outcomes", {"outcomes": [an_outcome(made)]})
    assert "is not known by now" in old.text


async def test_an_outcome_of_a_decision_nobody_has_yet_waits_for_it(
    spooling: Running, mortal: Server
) -> None:
    """Another replica made it, and holds it back still."""
    pause(spooling, mortal)
    made = await spooling.decide()
    spool = spooling.service.spool
    assert spool is not None
    await spool.drop(await spool.first(10, ordered=False))
    assert statuses(await spooling.post("/v1/outcomes", {"outcomes": [an_outcome(made)]})) == ["spooled"]
    await resume(spooling, mortal)
    assert entries(mortal, "outcome") == []
    assert (await spooling.service.store.ahead.some())[0] == 1


async def test_what_comes_later_does_not_overtake_what_waits(spooling: Running, mortal: Server) -> None:
    pause(spooling, mortal)
    assert statuses(await spooling.post("/v1/events", {"events": [an_event("e-1")]})) == ["spooled"]
    assert mortal.process is not None
    os.kill(mortal.process.pid, signal.SIGCONT)
    spooling.service.store.breaker.succeeded()
    events = {"events": [an_event("e-2"), an_event("e-3", customer_id="C-2")]}
    assert statuses(await spooling.post("/v1/events", events)) == ["spooled", "new"]
    await resume(spooling, mortal)
    assert [one["event_id"] for one in entries(mortal, "event") if one["customer_id"] == "C-1"] == [
        "e-1",
        "e-2",
    ]
    assert statuses(await spooling.post("/v1/events", {"events": [an_event("e-4")]})) == ["new"]


async def test_a_customer_who_comes_late_does_not_take_the_place_of_who_was_written_after_him(
    settings: Settings, mortal: Server, tmp_path: Path
) -> None:
    """Two replicas: one holds an older word of a customer back, the other has written a newer one."""
    one, other = (
        with_spool(settings, mortal, tmp_path, spool=tmp_path / name, var=tmp_path / f"var-{name}")
        for name in ("a", "b")
    )
    async with running(one) as late, running(other) as early:
        late.service.store.breaker.clock = lambda: 0.0
        late.service.store.breaker.failed(1.0)
        assert (await late.put(a_customer("C-1", "mobile"))).status_code == 200
        early.clock.move(seconds=1)
        assert (await early.put(a_customer("C-1", "fiber"))).status_code == 200
        await resume(late, mortal)
        stored = (await early.get("/v1/customers/C-1")).json()
        assert [held["product_id"] for held in stored["holdings"]] == ["fiber"]
        assert (await late.put(a_customer("C-1", "tv", "fiber"))).status_code == 200, (
            "by the order of arrival"
        )
        stored = (await early.get("/v1/customers/C-1")).json()
        assert [held["product_id"] for held in stored["holdings"]] == ["tv", "fiber"]


async def test_what_was_acknowledged_is_there_after_a_restart_of_the_service(
    settings: Settings, mortal: Server, tmp_path: Path
) -> None:
    told = with_spool(settings, mortal, tmp_path)
    async with running(told) as desk:
        pause(desk, mortal)
        assert statuses(await desk.post("/v1/events", {"events": [an_event()]})) == ["spooled"]
    assert mortal.process is not None
    os.kill(mortal.process.pid, signal.SIGCONT)
    async with running(told) as desk:
        assert desk.service.spool is not None
        await relay(desk.service)
    assert [one["event_id"] for one in entries(mortal, "event")] == ["e-1"]


async def test_a_disk_that_takes_nothing_acknowledges_nothing(spooling: Running, mortal: Server) -> None:
    pause(spooling, mortal)
    spool = spooling.service.spool
    assert spool is not None
    assert statuses(await spooling.post("/v1/events", {"events": [an_event("e-0")]})) == ["spooled"]

    def full(of: sqlite3.Connection) -> None:
        of.execute(f"PRAGMA max_page_count = {of.execute('PRAGMA page_count').fetchone()[0]}")

    def read_only(of: sqlite3.Connection) -> None:
        of.execute("PRAGMA query_only = 1")

    events = {"events": [an_event(f"e-{number}") for number in range(50)]}
    for trouble, fault in ((full, "disk is full"), (read_only, "attempt to write a readonly database")):
        await spool._done(trouble)
        answer = await spooling.post("/v1/events", events)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert fault in (await spooling.get("/readyz?verbose")).json()["spool"]["fault"]
        assert spool.backlog["event"] == 1
    await spool._done(read_only)
    assert (await spooling.decide())["degraded"][-1] == "record"
    assert statuses(await spooling.post("/v1/events", events)) == ["spooled"] * 50, "it works again"
    await resume(spooling, mortal)
    assert len(entries(mortal, "event")) == 50


async def test_more_than_may_wait_is_refused_and_decisions_leave_room_for_outcomes(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1000)
    with pytest.raises(SpoolError):
        await spool.put([Entry("decision", "p00", "d", b"x" * 501)])
    await spool.put([Entry("event", "p00", "e-1", b"x" * 501)])
    with pytest.raises(SpoolError, match="501 bytes wait, and 1000 may"):
        await spool.put([Entry("event", "p00", "e-2", b"x" * 500)])
    assert [entry.about for entry in await spool.first(10, ordered=True)] == ["e-1"]
    await spool.close()


async def test_a_folder_that_cannot_be_made_is_said_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("not a folder")
    spool = Spool(tmp_path / "spool", MOST)
    await spool.open()
    assert spool.fault.startswith("FileExistsError")
    with pytest.raises(SpoolError):
        await spool.put([Entry("event", "p00", "e-1", b"{}")])
    assert not spool.holds("p00")
    (tmp_path / "spool").unlink()
    await spool.put([Entry("event", "p00", "e-1", b"{}")])
    assert spool.fault == ""
    await spool.close()


async def test_what_is_acknowledged_is_flushed_by_every_commit(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MOST)
    settings = await spool._done(
        lambda of: [of.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert settings == ["wal", 2]
    await spool.close()


async def test_two_processes_have_a_file_each_and_who_starts_takes_over_what_others_left(
    tmp_path: Path,
) -> None:
    one, other = Spool(tmp_path, MOST), Spool(tmp_path, MOST)
    await one.put([Entry("event", "p01", "e-1", b"{}")])
    await other.put([Entry("event", "p02", "e-2", b"{}", 5, "w")])
    assert sorted(name for name in os.listdir(tmp_path) if name.endswith(".db")) == ["0.db", "1.db"]  # noqa: PTH208  two names
    await one.close()
    await other.close()
    third = Spool(tmp_path, MOST)
    await third.open()
    assert (third.holds("p01"), third.holds("p02"), third.holds("p03")) == (True, True, False)
    found = await third.first(10, ordered=True)
    assert [(entry.about, entry.stamp, entry.writer) for entry in found] == [("e-1", 0, ""), ("e-2", 5, "w")]
    await third.drop(found)
    await third.close()
    fourth = Spool(tmp_path, MOST)
    await fourth.open()
    assert fourth.backlog.total() == 0
    await fourth.close()


async def test_many_who_wait_for_the_disk_at_once_are_written_together(tmp_path: Path) -> None:
    spool = Spool(tmp_path, MOST)
    await asyncio.gather(*(spool.put([Entry("event", "p00", f"e-{n}", b"{}")]) for n in range(300)))
    assert len({entry.about for entry in await spool.first(1000, ordered=True)}) == 300
    await spool.look()
    assert (spool.backlog["event"], spool.bytes) == (300, 600)
    await spool.close()


def test_entries_of_a_partition_stay_in_their_order_and_others_go_beside_them() -> None:
    told = [
        Entry("event", "p1", "1", b""),
        Entry("event", "p2", "2", b""),
        Entry("outcome", "p1", "3", b""),
        Entry("event", "p2", "4", b""),
        Entry("event", "p1", "5", b""),
        Entry("outcome", "p1", "6", b""),
    ]
    found = [{kind: [one.about for one in row] for kind, row in wave.items()} for wave in waves(told)]
    assert found == [{"event": ["1", "2", "4"]}, {"outcome": ["3"]}, {"event": ["5"]}, {"outcome": ["6"]}]


async def test_what_the_store_refuses_of_one_customer_is_set_aside_and_the_others_go_on(
    spooling: Running, mortal: Server
) -> None:
    with redis.Redis.from_url(mortal.url) as client:
        client.set("{p30}:troubles:C-1", "not a list")
    events = {"events": [an_event("e-1"), an_event("e-2", customer_id="C-2")]}
    assert statuses(await spooling.post("/v1/events", events)) == ["spooled", "spooled"]
    await resume(spooling, mortal)
    assert [one["event_id"] for one in entries(mortal, "event")] == ["e-2"]
    spool = spooling.service.spool
    assert spool is not None
    assert spool.aside == 1
    assert not spool.holds("p30")
    await spool.look()
    assert (spool.aside, spool.backlog.total()) == (1, 0)


@pytest.mark.parametrize(("ordered", "about"), [(True, ["e-3", "e-4"]), (False, ["d-0", "d-1"])])
def test_the_oldest_are_found_without_reading_what_lies_between_them(
    tmp_path: Path, ordered: bool, about: list[str]
) -> None:
    earlier = sqlite3.connect(tmp_path / "0.db")  # a file of before there was an index
    earlier.execute(
        "CREATE TABLE entries (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, partition TEXT NOT NULL, about TEXT NOT NULL,"
        " body BLOB NOT NULL, stamp INTEGER NOT NULL, writer TEXT NOT NULL, why TEXT)"
    )
    insert(earlier, [Entry("decision", "p00", f"d-{n}", b"{}") for n in range(3)])
    earlier.commit()
    earlier.close()
    with closing(opened(tmp_path / "0.db")) as spool:
        insert(spool, [Entry("event", "p00", f"e-{n}", b"{}") for n in range(3, 6)])
        asked: list[str] = []
        spool.set_trace_callback(asked.append)
        assert [entry.about for entry in oldest(spool, 2, ordered=ordered)] == about
        spool.set_trace_callback(None)
        [plan] = spool.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
        assert plan[-1].startswith("SCAN entries USING INDEX ")  # in its order: nothing is sorted


def test_the_spool_lies_with_the_data_unless_another_place_is_named(tmp_path: Path) -> None:
    told = {"BEHOUD_KNOWLEDGE": str(HERE), "BEHOUD_VAR": str(tmp_path)}
    assert read_settings(told).spool == tmp_path / "spool"
    assert read_settings({**told, "BEHOUD_SPOOL": "off"}).spool is None
    elsewhere = read_settings({**told, "BEHOUD_SPOOL": "/disk/spool", "BEHOUD_SPOOL_MB": "5"})
    assert (str(elsewhere.spool), elsewhere.spool_bytes) == ("/disk/spool", 5_000_000)
