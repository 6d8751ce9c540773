"""The one file where Redis is spoken: connections, script calls, and what a failure means.

Timeouts are explicit and nothing is retried. Callers see `StoreAwayError` and decide themselves what it means.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from api.wire import LATE_SECONDS, Wire, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from api.scripts import Script
    from api.wire import Answer, Argument

Call = tuple[str, tuple[Any, ...]]
"""The key a script call is about, and its values."""

FAILURES = (RedisError, OSError)
"""What a call raises when it fails."""


class StoreAwayError(Exception):
    """Redis does not answer, or refuses: unreachable, too slow, loading, full, read-only."""


def connect(url: str, timeout: float | None, *, protocol: int = 3) -> Redis:
    """Connections that wait so many seconds for an answer, or as long as the caller lets them."""
    return Redis.from_url(
        url,
        protocol=protocol,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        max_connections=1024,
    )


class Within:
    """At most so many seconds for what is awaited inside, else TimeoutError.

    Once as long again where the event loop itself came late: what it was too busy to read is no fault of the store.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._wait(self._late)

    def _wait(self, then: Callable[[], None]) -> None:
        self._due = time.monotonic() + self._seconds
        self._timer = asyncio.get_running_loop().call_later(self._seconds, then)

    def _late(self) -> None:
        if time.monotonic() - self._due > LATE_SECONDS:
            self._wait(self._over)
        else:
            self._over()

    def _over(self) -> None:
        self._limit.reschedule(0.0)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._limit.__aexit__(kind, error, trace)


class Line:
    """Script calls of live decisions: one connection, opened when somebody calls, on which no call waits for another's answer.

    redis-py connects and logs in; the calls themselves, which it would spend half a decision's time on, go over a `Wire`.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._seconds = seconds
        self._pool = connect(url, None, protocol=2).connection_pool
        self._opening = asyncio.Lock()
        self._wire: Wire | None = None

    async def run(self, script: Script, key: str, values: tuple[Argument, ...]) -> Answer:
        """EVALSHA; a server that was restarted has forgotten the script and gets it once more. Raises one of FAILURES."""
        try:
            return await self._call(("EVALSHA", script.sha, 1, key, *values))
        except ResponseError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            return await self._call(("EVAL", script.source, 1, key, *values))

    async def _call(self, arguments: tuple[Argument, ...]) -> Answer:
        wire = self._wire
        if wire is None or not wire.usable:
            async with Within(self._seconds):
                wire = await self.open()
        return await wire.call(packed(arguments), self._seconds)

    async def open(self) -> Wire:
        """The connection; a new one where there is none that can be used."""
        async with self._opening:
            if self._wire is None or not self._wire.usable:
                self._wire = await self._connected()
            return self._wire

    async def _connected(self) -> Wire:
        pool: Any = self._pool  # redis-py types neither this call nor the writer it keeps to itself
        connection = pool.make_connection()
        try:
            await connection.connect()
            wire = Wire(connection._writer, ResponseError)  # noqa: SLF001  see above
            connection._reader = connection._writer = None  # noqa: SLF001  ours from here on
        finally:
            await connection.disconnect(nowait=True)
        return wire

    def close(self) -> None:
        if self._wire is not None:
            self._wire.end()


async def run_many(client: Any, script: Script, wanted: Sequence[Call]) -> list[Any]:
    """Many calls of one script, in order, in one round trip. Raises StoreAwayError."""
    with answering():
        async with client.pipeline(transaction=False) as pipe:
            pipe.script_load(script.source)
            for key, values in wanted:
                pipe.evalsha(script.sha, 1, key, *values)
            answers: list[Any] = await pipe.execute()
    return answers[1:]


@contextmanager
def answering() -> Iterator[None]:
    """For what is not a live decision: any failure is that the store is away."""
    try:
        yield
    except FAILURES as error:
        raise StoreAwayError(reason_of(error)) from error


def is_away(error: Exception) -> bool:
    """Whether this says that the server cannot be reached or used now, and not that it dislikes one call."""
    if isinstance(error, ResponseError):
        return str(error).startswith(("BUSY", "LOADING"))
    return True


def reason_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
