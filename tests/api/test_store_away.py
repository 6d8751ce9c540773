"""The store gone, frozen, full or read-only: decisions go on, writes are honest."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
import redis

from api.breaker import Breaker
from api.connection import Within, connect
from api.embedded import find_binary, start
from api.failures import AWAY, why_of
from api.scripts import LOAD, RECORD
from tests.api.running import a_customer, a_question, actions, an_event, an_outcome, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.embedded import Server
    from api.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own, to be stopped and paused."""
    server = start(tmp_path / "mortal", find_binary())
    yield server
    if server.process is not None and server.process.poll() is None:
        server.process.send_signal(signal.SIGCONT)
    server.stop()


def quick(settings: Settings, server: Server) -> Settings:
    return dataclasses.replace(settings, redis_url=server.url, redis_timeout=0.25)


async def refused(answer: Any) -> str:
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


async def test_a_store_that_dies_leaves_the_decisions_and_refuses_the_writes(
    settings: Settings, mortal: Server
) -> None:
    async with running(quick(settings, mortal)) as desk:
        await desk.put(a_customer("C-1", "mobile"))
        before = await desk.decide()
        assert "store" not in before["degraded"]
        mortal.stop()
        silent = await desk.decide(holdings=[{"product_id": "fiber"}])
        assert "offer-tv" not in actions(silent), "nobody knows whether he objects"
        consents = {"marketing": True, "profiling": True}
        after = await desk.decide(holdings=[{"product_id": "fiber"}], consents=consents)
        assert after["degraded"][0] == "store"
        assert after["degraded"][-1] == "record"
        assert "offer-tv" in actions(after)
        assert "send the same batch again" in await refused(
            await desk.post("/v1/events", {"events": [an_event()]})
        )
        told = {"outcomes": [an_outcome(before)]}
        assert "send the same batch again" in await refused(await desk.post("/v1/outcomes", told))
        assert "send it again" in await refused(await desk.put(a_customer()))
        assert "ask again" in await refused(await desk.get("/v1/customers/C-1"))
        assert "ask again" in await refused(await desk.get(f"/v1/decisions/{before['decision_id']}"))
        bulk = await desk.client.post(
            "/v1/customers/bulk",
            content="{}\n" + '{"customer_id":"C-1"}',
            headers={"content-type": "application/x-ndjson"},
        )
        assert "lines before 1 are stored, send the others again" in await refused(bulk)
        text = (await desk.get("/metrics")).text
        assert 'behoud_degraded_total{what="store"} 2.0' in text


async def test_refused_saves_are_not_proposed_again_while_nobody_can_count_them(
    settings: Settings, mortal: Server
) -> None:
    leaving = {"intent": "cancel", "motive": "price"}
    said = {
        "holdings": [{"product_id": "fiber"}],
        "consents": {"marketing": True, "profiling": True},
    }
    async with running(quick(settings, mortal)) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        for turn in range(2):
            decision = await desk.decide(contact_id=f"k-{turn}", **leaving)
            save = next(p["action_id"] for p in decision["proposals"] if p["kind"] == "save")
            for kind in ("spoken", "declined"):
                told = an_outcome(decision, f"o-{turn}-{kind}", action_id=save, kind=kind, reason="no")
                assert (await desk.post("/v1/outcomes", {"outcomes": [told]})).status_code == 200
            desk.clock.move(minutes=1)
        assert (await desk.decide(contact_id="k-3", **leaving))["mode"] == "proceed_to_cancel"
        assert mortal.process is not None
        os.kill(mortal.process.pid, signal.SIGSTOP)
        away = await desk.decide(contact_id="k-4", **leaving, **said)
        assert away["degraded"][0] == "store"
        assert [p["action_id"] for p in away["proposals"] if p["kind"] == "save"] == []
        assert "cancel" in actions(away)
        rules = {veto["action_id"]: veto["rule"] for veto in away["vetoes"]}
        assert {rule for name, rule in rules.items() if name.startswith("save-")} == {"history_unread"}
        assert [name for name in away["degraded"] if name.startswith("missing:history")] == []


async def test_a_store_that_never_answers_is_asked_three_times_and_then_not_at_all(
    settings: Settings, mortal: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(quick(settings, mortal)) as desk:
        await desk.decide()
        breaker = desk.service.store.breaker
        breaker.clock = lambda: 100.0
        assert mortal.process is not None
        os.kill(mortal.process.pid, signal.SIGSTOP)
        with caplog.at_level(logging.WARNING, "behoud.store"):
            for number in range(6):
                decision = await desk.decide(contact_id=f"k-{number}")
                assert decision["degraded"][0] == "store"
        assert [record.__dict__["failures"] for record in caplog.records] == [1, 2, 3]
        assert caplog.records[0].__dict__["why"].startswith("TimeoutError")
        assert breaker.is_open
        assert "behoud_breaker_open 1.0" in (await desk.get("/metrics")).text
        os.kill(mortal.process.pid, signal.SIGCONT)
        breaker.next_probe = 0.0
        assert "store" not in (await desk.decide(contact_id="k-9"))["degraded"]
        assert not breaker.is_open


def test_no_answer_of_the_store_is_waited_for_longer_than_the_setting_says_or_asked_for_again() -> None:
    told = connect("redis://127.0.0.1:1/0", 0.05).connection_pool.connection_kwargs
    assert (told["socket_timeout"], told["socket_connect_timeout"]) == (0.05, 0.05)
    assert told["retry"].get_retries() == 0


async def received(limit: contextlib.AbstractAsyncContextManager[Any]) -> bytes:
    """What comes over a socket within the limit; the loop is busy for longer than that when it comes."""
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)

        def send_and_be_busy() -> None:
            there.send(b"x")
            time.sleep(0.1)

        async with limit:
            loop.call_soon(send_and_be_busy)
            return await loop.sock_recv(here, 1)


async def test_an_answer_that_was_there_while_the_loop_was_busy_is_read() -> None:
    with pytest.raises(TimeoutError):
        await received(asyncio.timeout(0.05))
    assert await received(Within(0.05)) == b"x"


async def test_what_never_answers_is_given_up_and_a_busy_loop_does_not_change_that() -> None:
    async def never(busy: float) -> None:
        async with Within(0.02):
            asyncio.get_running_loop().call_soon(time.sleep, busy)
            await asyncio.Event().wait()

    for busy in (0.0, 0.1):
        with pytest.raises(TimeoutError):
            await never(busy)
    async with Within(0.01):
        pass
    await asyncio.sleep(0.03)  # the limit of what has ended ends nothing else


async def test_the_first_customer_does_not_wait_for_a_connection(settings: Settings, mortal: Server) -> None:
    async with running(quick(settings, mortal)):
        with redis.Redis.from_url(mortal.url) as client:
            assert client.script_exists(LOAD.sha, RECORD.sha) == [True, True]
    mortal.stop()
    async with running(quick(settings, mortal)) as desk:
        assert (await desk.decide())["degraded"][0] == "store"


async def test_one_customer_whose_key_is_of_another_type_does_not_open_the_breaker(
    settings: Settings, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings) as desk:
        await desk.put(a_customer("C-2", "fiber"))
        store.rpush("{p30}:customer:C-1", "not a string")
        with caplog.at_level(logging.WARNING, "behoud.store"):
            for number in range(4):
                assert (await desk.decide(contact_id=f"k-{number}"))["degraded"][0] == "store"
        assert [record.__dict__["key"] for record in caplog.records] == ["{p30}:customer:C-1"] * 4
        assert all("WRONGTYPE" in record.__dict__["why"] for record in caplog.records)
        assert desk.service.store.breaker.failures == 0
        assert "store" not in (await desk.decide(customer_id="C-2"))["degraded"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (redis.ConnectionError("refused"), "away"),
        (redis.TimeoutError("too slow"), "slow"),
        (TimeoutError("no answer in time"), "slow"),
        (redis.BusyLoadingError("Redis is loading the dataset in memory"), "loading"),
        (redis.ResponseError("BUSY Redis is busy running a script"), "busy"),
        (redis.ResponseError("LOADING Redis is loading the dataset in memory"), "loading"),
        (redis.exceptions.MasterDownError("Link with MASTER is down"), "down"),
        (redis.ResponseError("CLUSTERDOWN The cluster is down"), "down"),
        (OSError("no route"), "away"),
        (redis.ResponseError("NOPERM this user has no permissions"), "away"),
        (redis.ResponseError("WRONGTYPE Operation against a key"), "refused"),
        (
            redis.ResponseError("Command # 2 (EVALSHA x) of pipeline caused error: ('WRONGTYPE Operation',)"),
            "refused",
        ),
        (redis.ResponseError("TOOLARGE 9000000 bytes of customer"), "refused"),
        (redis.OutOfMemoryError("command not allowed"), "full"),
        (redis.ResponseError("OOM command not allowed"), "full"),
        (redis.ReadOnlyError("You can't write"), "readonly"),
        (redis.ResponseError("READONLY You can't write against a read only replica."), "readonly"),
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), "misconf"),
        (redis.ResponseError("NOREPLICAS Not enough good replicas to write."), "unconfirmed"),
    ],
)
def test_what_a_failure_means_is_told_in_one_word(error: Exception, why: str) -> None:
    assert why_of(error) == why


def test_only_a_server_nobody_can_use_opens_the_breaker() -> None:
    assert {"away", "slow", "loading", "busy", "down"} == AWAY


async def test_a_full_store_is_read_and_says_that_nothing_was_recorded(
    settings: Settings, mortal: Server
) -> None:
    async with running(quick(settings, mortal)) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        with redis.Redis.from_url(mortal.url) as client:
            client.config_set("maxmemory", "1")
        decision = await desk.decide()
        assert "store" not in decision["degraded"]
        assert decision["degraded"][-1] == "record"
        assert "offer-tv" in actions(decision)
        await refused(await desk.post("/v1/events", {"events": [an_event()]}))


async def test_who_wants_to_leave_is_offered_no_save_that_could_not_be_counted(
    settings: Settings, mortal: Server
) -> None:
    leaving = {"contact_id": "K-1", "channel": "voice", "intent": "cancel"}
    async with running(quick(settings, mortal)) as desk:
        await desk.put(a_customer("C-1", "fiber"))
        saved = await desk.decide(contact=leaving)
        assert "save" in [proposal["kind"] for proposal in saved["proposals"]]
        with redis.Redis.from_url(mortal.url) as client:
            client.config_set("maxmemory", "1")
        decision = await desk.decide(contact={**leaving, "contact_id": "K-2"})
        assert {"history", "record"} <= set(decision["degraded"])
        assert "save" not in [proposal["kind"] for proposal in decision["proposals"]]
        assert "cancel" in actions(decision)


async def test_it_starts_without_a_store_and_finds_it_later(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp(
        "mortal"
    )  # short enough for a socket: another port would be another address
    first = start(folder, find_binary())
    first.stop()
    async with running(dataclasses.replace(quick(settings, first), learned_every=0.05)) as desk:
        assert "store" in (await desk.decide())["degraded"]
        second = start(folder, find_binary())
        assert second.url == first.url
        desk.service.store.breaker.succeeded()
        decision = await desk.decide()
        assert "store" not in decision["degraded"]
        await desk.service.library.send_shelf()
        with redis.Redis.from_url(second.url) as client:
            kept = {name for key in client.scan_iter("behoud:shelf:*") for name in client.hkeys(key)}
        assert {b"catalogue.yaml", b"policy.yaml", b"flags.json"} <= kept
        second.stop()


async def test_a_server_restarted_empty_gets_its_scripts_again(settings: Settings, mortal: Server) -> None:
    async with running(quick(settings, mortal)) as desk:
        first = await desk.decide()
        with redis.Redis.from_url(mortal.url) as client:
            client.script_flush()
        again = await desk.post("/v1/decisions", a_question())
        assert again.json() == first


def test_a_breaker_opens_after_three_failures_and_lets_one_probe_through_a_second() -> None:
    clock = [100.0]
    breaker = Breaker(clock=lambda: clock[0])
    for _ in range(3):
        assert breaker.admits()
        breaker.failed()
    assert breaker.is_open
    assert not breaker.admits()
    clock[0] += 1.0
    assert breaker.admits()
    assert not breaker.admits()
    breaker.failed()
    clock[0] += 1.0
    assert breaker.admits()
    breaker.succeeded()
    assert not breaker.is_open
    assert breaker.admits()


def test_failures_that_are_not_in_a_row_do_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open


def test_a_breaker_opens_after_a_tenth_of_a_second_spent_on_failures() -> None:
    clock = [100.0]
    breaker = Breaker(clock=lambda: clock[0])
    breaker.failed(0.08, "slow")
    assert breaker.admits()
    breaker.failed(0.08, "slow")
    assert (breaker.is_open, breaker.why, breaker.admits()) == (True, "slow", False)
    breaker.succeeded()
    breaker.failed(0.08, "away")
    assert not breaker.is_open, "what was spent before it answered is forgotten"
