"""Where Redis is spoken, to one server: connections, script calls, and what a failure means.

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
from redis.exceptions import ReadOnlyError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from api.breaker import Breaker
from api.failures import why_of
from api.keys import confirming
from api.replication import WAIT_MS, Replication
from api.wire import LATE_SECONDS, Wire, packed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from types import TracebackType

    from api.scripts import Script
    from api.wire import Answer, Argument

Call = tuple[str, tuple[Any, ...]]
"""The key a script call is about, and its values."""

FAILURES = (RedisError, OSError)
"""What a call raises when it fails."""


class StoreAwayError(Exception):
    """Redis does not answer, or refuses: unreachable, too slow, loading, full, read-only. `why` is a word of `api.failures`, or of the spool."""

    def __init__(self, reason: str = "", why: str = "away") -> None:
        super().__init__(reason)
        self.why = why


class UnconfirmedError(StoreAwayError):
    """Written, but no replica said in time that it has it too: a failover may lose it. The same again does no harm."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "unconfirmed")


class Node(Redis):
    """A client of one server. `masters` and `spread` are of a cluster, of which this is all there is."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.replication = Replication()

    @property
    def replicated(self) -> bool:
        """Whether any server has replicas."""
        return bool(self.replication.replicas)

    async def masters(self, *, afresh: bool = False) -> list[Node]:  # noqa: ARG002  there is nothing to look up
        return [self]

    async def spread(
        self, keys: Sequence[str], send: Callable[[Node, Sequence[int]], Awaitable[list[Any]]]
    ) -> list[Any]:
        """What `send` brings from this server, which holds all keys."""
        try:
            return await send(self, range(len(keys)))
        except ReadOnlyError:  # demoted: at the same address there may be another server by now
            await self.connection_pool.disconnect(inuse_connections=False)
            raise


def connect(url: str, timeout: float | None, *, protocol: int = 3) -> Node:
    """Connections that wait so many seconds for an answer, or as long as the caller lets them."""
    made: Any = Node.from_url(  # redis-py types it as its own class
        url,
        protocol=protocol,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        max_connections=1024,
        # Nobody here listens to them, and asking for them costs each connection a round trip and an error.
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    node: Node = made
    return node


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
        self._breaker = Breaker()

    def breaker(self, _key: str = "") -> Breaker:
        """Of the server that holds the key."""
        return self._breaker

    async def run(self, script: Script, key: str, values: tuple[Argument, ...]) -> Answer:
        """EVALSHA; a server that was restarted has forgotten the script and gets it once more. Raises one of FAILURES."""
        try:
            return await self._call(("EVALSHA", script.sha, 1, key, *values))
        except ResponseError as error:
            if str(error).startswith("READONLY") and self._wire is not None:
                self._wire.retire()  # demoted: at the same address there may be another server by now
            if not str(error).startswith("NOSCRIPT"):
                raise
            return await self._call(("EVAL", script.source, 1, key, *values))

    async def _call(self, arguments: tuple[Argument, ...]) -> Answer:
        wire = self._wire
        if wire is None or not wire.usable:
            async with Within(self._seconds):
                wire = await self.open()
        return await wire.call(packed(arguments), self._seconds)

    async def open(self, _key: str = "") -> Wire:
        """The connection to the server that holds the key; a new one where there is none that can be used."""
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

    def retire(self) -> None:
        """Close when nobody waits for an answer any more."""
        if self._wire is not None:
            self._wire.retire()

    def close(self) -> None:
        if self._wire is not None:
            self._wire.end()


async def run_many(
    client: Any, script: Script, wanted: Sequence[Call], *, confirmed: bool = False
) -> list[Any]:
    """Many calls of one script, in order, in one round trip to each server concerned; `confirmed`: by a replica too.

    Raises:
        StoreAwayError: some of them may have been done.
    """

    async def send(node: Node, at: Sequence[int]) -> list[Any]:
        async with node.pipeline(transaction=False) as pipe:
            pipe.script_load(script.source)
            for place in at:
                key, values = wanted[place]
                touched = script.keys(key)
                pipe.evalsha(script.sha, len(touched), *touched, *values)
            answers = await (confirmed_answers(node, pipe, wanted[at[0]][0]) if confirmed else pipe.execute())
        return answers[1:]

    with answering():
        answers: list[Any] = await client.spread([key for key, _ in wanted], send)
    return answers


async def confirmed_answers(node: Node, pipe: Any, key: str) -> list[Any]:
    """The answers to what a pipe holds, all of it about the slot of `key`, when a replica has it too, if there are replicas.

    Raises:
        UnconfirmedError: none said so in time.
    """
    before: list[Any] = []
    if not node.replication.replicas:
        # One that has begun to follow it since it was looked at last may be promoted as soon as it has been filled.
        pipe.info("replication")
        *before, told = await pipe.execute()
        if not node.replication.heard(told):
            return before
    # WAIT is for the last write of its own connection. A command that finds everything as it should be writes nothing, though what another
    # connection wrote of the same before has reached nobody yet: so there is a write in any case.
    pipe.set(confirming(key), b"", ex=60)
    pipe.execute_command("WAIT", 1, WAIT_MS)
    *answers, _, reached = await pipe.execute()
    if reached < 1:
        raise UnconfirmedError(f"none of {node.replication.replicas} replicas had it within {WAIT_MS} ms")
    return [*before, *answers]


@contextmanager
def answering() -> Iterator[None]:
    """For what is not a live decision: any failure is that the store is away."""
    try:
        yield
    except FAILURES as error:
        raise StoreAwayError(reason_of(error), why_of(error)) from error


def reason_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
