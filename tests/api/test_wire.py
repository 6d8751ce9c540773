"""The connection on which the calls of live decisions follow each other."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
import redis

from api.connection import Line
from api.embedded import find_binary, start
from api.scripts import Script
from api.wire import SILENT_SECONDS, packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.embedded import Server

pytestmark = pytest.mark.anyio


def script(source: str) -> Script:
    with redis.Redis.from_url("redis://127.0.0.1:1") as nowhere:
        sha = nowhere.register_script(source).sha
    return Script(source.encode(), sha)


ECHO = script("return ARGV[1]")
NUMBER = script("return tonumber(ARGV[1])")
NOTHING = script("return false")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = start(tmp_path / "server", find_binary())
    yield started
    if started.process is not None and started.process.poll() is None:
        started.process.send_signal(signal.SIGCONT)
    started.stop()


@pytest.fixture
async def line(server: Server) -> Line:
    return Line(server.url, 5.0)


async def test_calls_that_are_under_way_together_each_get_their_own_answer(line: Line) -> None:
    said = [f"{number}" * number * 50 for number in range(40)]
    assert await asyncio.gather(*(line.run(ECHO, "k", (word,)) for word in said)) == [
        word.encode() for word in said
    ]
    line.close()


async def test_a_script_answers_bytes_a_number_or_nothing(line: Line) -> None:
    assert await line.run(ECHO, "k", (b"\x00\r\n$5",)) == b"\x00\r\n$5"
    assert await line.run(NUMBER, "k", (-7,)) == -7
    assert await line.run(NOTHING, "k", ()) is None
    line.close()


async def test_an_error_is_that_of_its_own_call(line: Line) -> None:
    wrong = script("return redis.call('GET')")
    first, failed, last = await asyncio.gather(
        line.run(ECHO, "k", ("a",)),
        line.run(wrong, "k", ()),
        line.run(ECHO, "k", ("b",)),
        return_exceptions=True,
    )
    assert (first, last) == (b"a", b"b")
    assert isinstance(failed, redis.ResponseError)
    line.close()


async def test_it_logs_in_and_chooses_its_database_as_the_address_says(server: Server) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("requirepass", "secret")
    scheme, _, path = server.url.removesuffix("/0").partition("://")
    third = "?db=3" if scheme == "unix" else "/3"
    line = Line(f"{scheme}://:secret@{path}{third}", 5.0)
    await line.run(script("return redis.call('SET', KEYS[1], ARGV[1])"), "k", ("here",))
    line.close()
    with redis.Redis.from_url(f"{scheme}://:secret@{path}{third}") as client:
        assert client.get("k") == b"here"
    with pytest.raises(redis.ConnectionError, match="username-password"):
        await Line(f"{scheme}://:wrong@{path}", 5.0).open()


async def test_after_the_server_went_away_the_next_call_connects_anew(tmp_path: Path) -> None:
    first = start(tmp_path, find_binary())
    line = Line(first.url, 5.0)
    assert await line.run(ECHO, "k", ("a",)) == b"a"
    first.stop()
    with pytest.raises((OSError, redis.RedisError)):
        await line.run(ECHO, "k", ("b",))
    second = start(tmp_path, find_binary())
    assert second.url == first.url
    assert await line.run(ECHO, "k", ("c",)) == b"c"
    line.close()
    second.stop()


async def test_who_waits_when_the_connection_is_lost_is_told_so(server: Server, line: Line) -> None:
    await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    waiting = asyncio.create_task(line.run(ECHO, "k", ("a",)))
    await asyncio.sleep(0)
    line.close()
    with pytest.raises(ConnectionResetError):
        await waiting


async def test_who_gives_up_takes_nobody_s_answer(server: Server, line: Line) -> None:
    wire = await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    patient = asyncio.create_task(wire.call(packed(("ECHO", "patient")), 30.0))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await wire.call(packed(("ECHO", "impatient")), 0.01)
    later = asyncio.create_task(line.run(ECHO, "k", ("later",)))
    await asyncio.sleep(0)
    os.kill(server.process.pid, signal.SIGCONT)
    assert await patient == b"patient"
    assert await later == b"later"
    assert await line.open() is wire
    line.close()


LONG = 100 * SILENT_SECONDS
"""So long ago that no machine is as slow."""


async def test_who_is_silent_for_long_is_given_up_and_the_next_call_connects_anew(
    server: Server, line: Line
) -> None:
    wire = await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    patient = asyncio.create_task(wire.call(packed(("ECHO", "patient")), 30.0))
    await asyncio.sleep(0)
    wire._waiting[0].sent -= LONG
    with pytest.raises(TimeoutError):
        await wire.call(packed(("PING",)), 0.01)
    assert not wire.usable
    os.kill(server.process.pid, signal.SIGCONT)
    assert await patient == b"patient"
    assert await line.run(ECHO, "k", ("anew",)) == b"anew"
    line.close()


async def test_who_answers_late_every_time_is_not_silent(
    server: Server, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.wire.SILENT_SECONDS", LONG)
    wire = await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    calls = [asyncio.create_task(wire.call(packed(("PING",)), 0.01)) for _ in range(2)]
    await asyncio.sleep(0)
    for one in wire._waiting:
        one.sent -= 2 * LONG
    wire.data_received(b"+PONG\r\n")
    first, second = await asyncio.gather(*calls, return_exceptions=True)
    assert first == b"PONG"
    assert isinstance(second, TimeoutError)
    assert wire.usable
    line.close()
    os.kill(server.process.pid, signal.SIGCONT)


async def test_a_call_that_nobody_answers_ends_the_connection_and_a_busy_loop_does_not_change_that(
    server: Server, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.wire.SILENT_SECONDS", 0.02)
    assert server.process is not None
    for busy in (0.0, 0.1):
        wire = await line.open()
        os.kill(server.process.pid, signal.SIGSTOP)
        asyncio.get_running_loop().call_soon(time.sleep, busy)
        with pytest.raises(TimeoutError):
            await wire.call(packed(("PING",)), 0.02)
        assert wire._transport.is_closing()
        os.kill(server.process.pid, signal.SIGCONT)


async def test_who_comes_later_waits_his_own_time(server: Server, line: Line) -> None:
    wire = await line.open()
    assert await wire.call(packed(("ECHO", "first")), 0.3) == b"first"  # for which it will be looked
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    began = time.monotonic()
    calls = [asyncio.create_task(wire.call(packed(("PING",)), seconds)) for seconds in (0.6, 0.9)]
    assert [type(failed) for failed in await asyncio.gather(*calls, return_exceptions=True)] == [
        TimeoutError
    ] * 2
    assert time.monotonic() - began >= 0.9
    os.kill(server.process.pid, signal.SIGCONT)
    line.close()


async def test_an_answer_that_was_there_while_the_loop_was_busy_is_read(server: Server, line: Line) -> None:
    wire = await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)

    def answer_and_be_busy() -> None:
        wire._loop.call_soon(wire.data_received, b"+PONG\r\n")
        time.sleep(0.1)

    wire._loop.call_later(0.01, answer_and_be_busy)
    assert await wire.call(packed(("PING",)), 0.05) == b"PONG"
    line.close()


async def test_answers_are_read_wherever_the_network_cuts_them(server: Server, line: Line) -> None:
    wire = await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    told = b"$4\r\na\r\nb\r\n$-1\r\n:12\r\n$0\r\n\r\n-ERR no\r\n"
    for pieces in ([told], [told[at : at + 1] for at in range(len(told))], [told[:6], told[6:19], told[19:]]):
        calls = [asyncio.create_task(wire.call(b"", 30.0)) for _ in range(5)]
        await asyncio.sleep(0)
        for piece in pieces:
            wire.data_received(piece)
        *said, failed = await asyncio.gather(*calls, return_exceptions=True)
        assert said == [b"a\r\nb", None, 12, b""]
        assert str(failed) == "ERR no"
    line.close()


def test_a_command_is_packed_with_the_length_of_each_argument_in_bytes() -> None:
    assert (
        packed(("EVAL", b"\r\n", 12, "é"))
        == b"*4\r\n$4\r\nEVAL\r\n$2\r\n\r\n\r\n$2\r\n12\r\n$2\r\n\xc3\xa9\r\n"
    )
