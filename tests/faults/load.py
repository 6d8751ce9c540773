"""Open-loop load: requests are due by the clock, whether those before them were answered or not, and each is kept with its answer."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import uvloop

from tests.api.running import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_BYTES = 2_000_000_000
"""Of bodies kept, which is five minutes of what a core answers; later ones are dropped."""
MOST_AT_ONCE = 1_000
"""Connections; what is due beyond them waits, and its time runs."""
GIVEN_UP = 30.0
"""Seconds without an answer."""
REUSED_WITHIN = 1.0
"""Seconds since a connection was last asked something. A server ends an idle one (uvicorn after 5 s), and what is sent at that moment is
lost to nobody's fault; a client that lets go of it first never meets that, and asks nothing twice."""


@dataclass(slots=True)
class Asked:
    """A request, and what became of it. Times are seconds of the monotonic clock; `status` is 0 where no answer came, and `error` says why."""

    path: str
    body: bytes
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    about: Any = None
    due: float = 0.0
    sent: float = 0.0
    done: float = 0.0
    status: int = 0
    answer: bytes = b""
    told: bytes = b""
    error: str = ""

    @property
    def seconds(self) -> float:
        """From when it was due."""
        return self.done - self.due

    def json(self) -> Any:
        return json.loads(self.answer)

    def header(self, name: str) -> str:
        """Of the answer; empty where there is none."""
        for line in self.told.decode("latin-1").split("\r\n")[1:]:
            said, _, value = line.partition(":")
            if said.lower() == name.lower():
                return value.strip()
        return ""

    def packed(self) -> bytes:
        given = {
            "host": "behoud",
            "authorization": f"Bearer {TOKEN}",
            "content-type": "application/json",
            "content-length": str(len(self.body)),
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.usable = True
        self.waiting: asyncio.Future[tuple[bytes, bytes]] | None = None
        self.received = b""
        self.asked = 0.0

    @property
    def fresh(self) -> bool:
        """Whether the other side cannot be ending it for having nothing to do."""
        return time.monotonic() - self.asked < REUSED_WITHIN

    def connection_made(self, transport: Any) -> None:  # uvloop's is none of asyncio's own
        self.transport = transport

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        self.waiting = asyncio.get_running_loop().create_future()
        self.received = b""
        self.asked = time.monotonic()
        self.transport.write(request)
        try:
            return await asyncio.wait_for(self.waiting, GIVEN_UP)
        except TimeoutError:
            self.transport.abort()
            raise

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        low = head.lower()
        length = int(low.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        if b"connection: close" in low:
            self.usable = False
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result((head, body))

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionResetError(f"the connection was lost: {error}"))


class Load:
    """Requests in flight and done. `make` says what the n-th asks; `follow` what is asked at once because of an answer, outside the rate."""

    def __init__(
        self,
        port: int,
        rate: float,
        make: Callable[[int], Asked],
        follow: Callable[[Asked], list[Asked]] | None = None,
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self.port, self.rate, self.make, self.follow, self.at_once = port, rate, make, follow, at_once
        self.asked: deque[Asked] = deque()
        self.size = 0
        self._idle: list[_Connection] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._over = threading.Event()

    def answered(self, since: float = 0.0, until: float = float("inf")) -> list[Asked]:
        """Those that are over and were due in between, in the order of their ends."""
        return [one for one in list(self.asked) if since <= one.due < until]

    def latest(self, most: int) -> list[Asked]:
        """The last so many that ended, the latest first."""
        return list(islice(reversed(self.asked), most))

    def run(self) -> None:
        uvloop.run(self._run())

    def stop(self) -> None:
        self._over.set()

    async def _run(self) -> None:
        self._room = asyncio.Semaphore(self.at_once)
        began, number = time.monotonic(), 0
        while not self._over.is_set():
            due = began + number / self.rate
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(min(wait, 0.05))
                continue
            one = self.make(number)
            one.due = due
            self._begin(one)
            number += 1
            if number % 50 == 0:
                await asyncio.sleep(0)  # also when it is behind, answers are read
        while self._under_way:
            await asyncio.wait(self._under_way)
        for connection in self._idle:
            connection.transport.abort()
        await asyncio.sleep(0.05)  # an end takes the loop a moment

    def _begin(self, one: Asked) -> None:
        task = asyncio.create_task(self._ask(one))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _ask(self, one: Asked) -> None:
        async with self._room:
            one.sent = time.monotonic()
            try:
                connection = await self._connection()
                one.told, one.answer = await connection.ask(one.packed())
                one.status = int(one.told[9:12])
                if connection.usable:
                    self._idle.append(connection)
                else:
                    connection.transport.abort()
            except (OSError, TimeoutError) as error:
                one.error = f"{type(error).__name__}: {error}"
            one.done = time.monotonic()
        more = [] if self.follow is None else self.follow(one)
        self.size += len(one.answer)
        if self.size > MOST_BYTES:
            one.answer = b""
        self.asked.append(one)
        for other in more:
            other.due = one.done
            self._begin(other)

    async def _connection(self) -> _Connection:
        while self._idle:
            found = self._idle.pop()
            if found.usable and found.fresh:
                return found
            found.transport.abort()
        _, made = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", self.port)
        return made


@contextmanager
def under_load(
    port: int,
    rate: float,
    make: Callable[[int], Asked],
    follow: Callable[[Asked], list[Asked]] | None = None,
    at_once: int = MOST_AT_ONCE,
) -> Iterator[Load]:
    """Load from a thread of its own until the block is left; then what is under way is waited for."""
    found = Load(port, rate, make, follow, at_once)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.run()
        except BaseException as error:  # noqa: BLE001  told to whoever waits for the thread
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        found.stop()
        thread.join()
    if failed:
        raise failed[0]


def a_decision(number: int, customers: int = 20_000, seed: int = 0, **more: Any) -> Asked:
    """Another contact each time; customers come back."""
    asked = {
        "customer_id": f"C-{(number + 7919 * seed) % customers}",
        "contact": {
            "contact_id": f"k{seed}-{number}",
            "channel": ("voice", "chat")[number % 2],
            "intent": ("question", "bill")[number % 2],
        },
        **more,
    }
    return Asked("/v1/decisions", json.dumps(asked).encode(), about=number)


def told_of(one: Asked, every: int = 1) -> list[Asked]:
    """What became of one decision in so many, as far as anybody may be told of it."""
    if one.path != "/v1/decisions" or one.status != 200 or one.about % every:
        return []
    decision = one.json()
    if "record" in decision["degraded"] or not decision["proposals"]:
        return []
    outcome = {
        "outcome_id": f"o-{one.about}",
        "decision_id": decision["decision_id"],
        "action_id": decision["proposals"][0]["action_id"],
        "kind": "spoken",
        "at": datetime.now(UTC).isoformat(),
    }
    return [Asked("/v1/outcomes", json.dumps({"outcomes": [outcome]}).encode(), about=outcome["outcome_id"])]


def percentile(asked: list[Asked], share: float) -> float:
    """Seconds within which so large a share was answered; NaN of nothing."""
    taken = sorted(one.seconds for one in asked)
    return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else float("nan")


def capacity(
    port: int,
    seconds: float,
    make: Callable[[int], Asked],
    follow: Callable[[Asked], list[Asked]] | None = None,
    connections: int = 16,
) -> float:
    """Of what `make` says, requests a second when so many connections ask as fast as they are answered; what follows is asked too, and not counted."""

    async def measured() -> float:
        loop, number, done = asyncio.get_running_loop(), iter(range(10**9)), 0
        until = time.monotonic() + seconds

        async def asker() -> None:
            nonlocal done
            transport, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
            while time.monotonic() < until:
                one = make(next(number))
                one.told, one.answer = await connection.ask(one.packed())
                one.status = int(one.told[9:12])
                done += 1
                for other in [] if follow is None else follow(one):
                    await connection.ask(other.packed())
            transport.abort()

        await asyncio.gather(*(asker() for _ in range(connections)))
        await asyncio.sleep(0.05)
        return done / seconds

    return uvloop.run(measured())
