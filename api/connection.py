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
from redis.exceptions import NoScriptError, RedisError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from api.scripts import Script

Call = tuple[str, tuple[Any, ...]]
"""The key a script call is about, and its values."""

LATE_SECONDS = 0.005
"""An event loop that looks later than this at its clock was busy."""

FAILURES = (RedisError, OSError)
"""What a call raises when it fails."""


class StoreAwayError(Exception):
    """Redis does not answer, or refuses: unreachable, too slow, loading, full, read-only."""


def connect(url: str, timeout: float | None) -> Redis:
    """Connections that wait so many seconds for an answer, or as long as the caller lets them."""
    return Redis.from_url(
        url,
        protocol=3,
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


async def run(client: Any, script: Script, key: str, values: tuple[Any, ...]) -> Any:
    """EVALSHA; a server that was restarted has forgotten the script and gets it once more."""
    try:
        return await client.execute_command("EVALSHA", script.sha, 1, key, *values)
    except NoScriptError:
        return await client.execute_command("EVAL", script.source, 1, key, *values)


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
