"""More than can be answered: requests are sent when they are due, with as little made of each as possible, so that the sender is not what is late."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.001
"""Seconds from one look at what is due to the next."""
MOST = 1_000
"""Connections."""
GIVEN_UP = 10.0
"""Seconds after the last one was sent."""
REUSED_WITHIN = 4.0
"""Seconds a connection may be idle. The server ends it after five, and what is sent at that moment is lost to nobody's fault."""

_ALIVE = b"GET /livez HTTP/1.1\r\nhost: behoud\r\n\r\n"


@dataclass(slots=True)
class Sent:
    """A request by its number: when it was due, sent and answered, seconds of the monotonic clock, and with what; 0 where it was not."""

    number: int
    due: float
    sent: float
    done: float = 0.0
    status: int = 0
    waits: bool = False
    unheard: float = 0.0
    """Seconds for which its answer may have lain there before it was read."""

    @property
    def seconds(self) -> float:
        """From being sent to being answered."""
        return self.done - self.sent


class _Line(asyncio.Protocol):
    """A connection with one request at a time; `idle` are those with none, the longest idle first, so that few are closed for being idle."""

    def __init__(self, idle: deque[_Line], found: Flood) -> None:
        self.idle = idle
        self.found = found
        self.lost = False
        self.heard = 0.0
        self.one: Sent | None = None
        self.received = b""

    def connection_made(self, transport: Any) -> None:  # uvloop's is none of asyncio's own
        self.transport = transport
        self.idle.append(self)

    @property
    def usable(self) -> bool:
        return not self.lost and time.monotonic() - self.heard < REUSED_WITHIN

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = True

    def send(self, one: Sent, request: bytes) -> None:
        self.one = one
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self.received + data if self.received else data
        end = received.find(b"\r\n\r\n")
        at = received.find(b"content-length: ", 0, end)
        if end < 0 or len(received) < end + 4 + int(received[at + 16 : received.index(b"\r\n", at)]):
            self.received = received
            return
        self.received = b""
        self.heard = time.monotonic()
        if self.one is not None:
            self.one.done, self.one.status = self.heard, int(received[9:12])
            self.one.unheard = self.heard - self.found.looked
            self.one.waits = received.find(b"retry-after: ", 0, end) > 0
            self.one = None
        self.idle.append(self)


@dataclass
class Flood:
    """What was sent; `unsent` were due when no connection was free. Before the last look at what is due, `looked`, all that had come was read."""

    sent: list[Sent] = field(default_factory=list)
    unsent: int = 0
    looked: float = 0.0

    def between(self, since: float, until: float) -> list[Sent]:
        """Those that were due then, seconds from the first."""
        first = self.sent[0].due
        return [one for one in self.sent if since <= one.due - first < until]

    def done(self, status: int, since: float, until: float) -> float:
        """How many a second were answered so, seconds from when the first was due."""
        first = self.sent[0].due
        found = sum(one.status == status and since <= one.done - first < until for one in self.sent)
        return found / (until - since)


def flood(port: int, seconds: float, rate: Callable[[float], float], make: Callable[[int], bytes]) -> Flood:
    """Send for so many seconds, at that moment's `rate` a second; `make` gives the n-th request as it goes over the wire."""

    async def sending() -> Flood:
        loop, found = asyncio.get_running_loop(), Flood()
        idle: deque[_Line] = deque()
        lines = [
            await loop.create_connection(lambda: _Line(idle, found), "127.0.0.1", port) for _ in range(MOST)
        ]
        await heard(idle)
        began = due = time.monotonic()
        while due < began + seconds:
            found.looked = time.monotonic()
            while due <= time.monotonic():
                while idle and not idle[0].usable:
                    idle.popleft().transport.abort()
                if idle:
                    one = Sent(len(found.sent), due, time.monotonic())
                    found.sent.append(one)
                    idle.popleft().send(one, make(one.number))
                else:
                    found.unsent += 1
                due += 1.0 / rate(due - began)
            await asyncio.sleep(TICK)
        until = time.monotonic() + GIVEN_UP
        while any(one.status == 0 for one in found.sent[-MOST:]) and time.monotonic() < until:
            found.looked = time.monotonic()
            await asyncio.sleep(TICK)
        for transport, _ in lines:
            transport.abort()
        await asyncio.sleep(0.05)  # an end takes the loop a moment
        return found

    gc.collect()
    gc.disable()
    try:
        return uvloop.run(sending())
    finally:
        gc.enable()


async def heard(idle: deque[_Line]) -> None:
    """Use each connection once: what floods are calls, on connections that were taken before."""
    for _ in range(MOST):
        line = idle.popleft()
        line.transport.write(_ALIVE)
    until = time.monotonic() + GIVEN_UP
    while len(idle) < MOST and time.monotonic() < until:  # noqa: ASYNC110  as it looks at what is due
        await asyncio.sleep(TICK)


def share(found: list[Sent], part: float) -> float:
    """Seconds within which so large a part of them was answered; NaN of nothing."""
    taken = sorted(one.seconds for one in found)
    return taken[min(len(taken) - 1, int(len(taken) * part))] if taken else float("nan")
