"""What failed is gone at once: no error holds, by its traceback, what held the error. A collector would come for it hours later."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import weakref
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from api.app import let_go
from api.connection import Line, StoreAwayError
from api.deadline import Deadline, in_time
from api.embedded import find_binary, start
from api.spool import Spool, SpoolError
from api.wire import packed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


class Held:
    """What the frame of a caller holds: a decision's record, say."""


@contextmanager
def nothing_collected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def left_by(failing: Callable[[Held], Awaitable[object]], error: type[Exception]) -> Held | None:
    """What the caller of something that failed has left behind of what he held, and gave."""
    seen: list[weakref.ref[Held]] = []

    async def asks() -> None:
        held = Held()
        seen.append(weakref.ref(held))
        await failing(held)

    with nothing_collected():
        failed = False
        try:
            await asks()
        except error:
            failed = True
        assert failed
        await asyncio.sleep(0.05)  # a connection takes the loop a moment to end
        return seen[0]()


async def test_a_call_that_nobody_answered_in_time_holds_nothing(tmp_path: Path) -> None:
    server = start(tmp_path, find_binary())
    line = Line(server.url, 5.0)
    wire = await line.open()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    assert await left_by(lambda _: wire.call(packed(("PING",)), 0.02), TimeoutError) is None
    os.kill(server.process.pid, signal.SIGCONT)
    line.close()
    server.stop()


async def test_what_failed_before_the_deadline_holds_nothing() -> None:
    async def failing() -> None:
        await asyncio.sleep(0)
        raise StoreAwayError

    deadline = Deadline(float("inf"))
    assert await left_by(lambda _: in_time(deadline, failing(), None), StoreAwayError) is None


async def test_a_write_that_the_disk_refused_holds_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1_000_000)
    await spool.open()

    def refused(_held: Held, _connection: object) -> None:
        raise OSError

    async def failing(held: Held) -> None:
        try:
            await spool._done(partial(refused, held))
        finally:
            await spool._done(str)  # the thread knows its last job until there is another
            del held

    assert await left_by(failing, SpoolError) is None
    await spool.close()


async def test_what_only_holds_itself_is_let_go_by_the_clock() -> None:
    with nothing_collected():
        held = Held()
        held.itself = held  # type: ignore[attr-defined]
        seen = weakref.ref(held)
        del held
        assert seen() is not None
        await let_go()
        assert seen() is None
