"""A load generator: so many connections, each asking its next question when the last one is answered.

python -m bench.load PORT CONNECTIONS SECONDS KEY FIRST      prints one JSON object; FIRST is the number of the first question
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count
from typing import Any

import uvloop

CUSTOMERS = 25_000
"""So many that nobody calls six times a month, which would be another kind of contact."""


class Asker(asyncio.Protocol):
    """One connection. Latencies are in `taken`, seconds; anything but a 200 is counted in `wrong`."""

    def __init__(self, key: str, number: count[int], until: float) -> None:
        self.key, self.number, self.until = key, number, until
        self.taken: list[float] = []
        self.wrong = 0
        self.done = asyncio.get_running_loop().create_future()
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        body = question(next(self.number))
        head = (
            f"POST /v1/decisions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {self.key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.asked = time.perf_counter()
        self.transport.write(head.encode() + body)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        now = time.perf_counter()
        self.taken.append(now - self.asked)
        self.wrong += not head.startswith(b"HTTP/1.1 200")
        self.received = b""
        if now < self.until:
            self.ask()
        else:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def question(n: int) -> bytes:
    """The n-th contact: each is decided anew, and a customer comes back when all others have called."""
    asked = {
        "customer_id": f"C-{n % CUSTOMERS}",
        "contact": {
            "contact_id": f"k-{n}",
            "channel": ("voice", "chat")[n % 2],
            "intent": ("question", "cancel", "bill")[n % 3],
            "motive": ("price", "service")[n % 2],
            "queue_load": 0.5,
        },
        "facts": {"tenure_months": n % 90},
    }
    return json.dumps(asked).encode()


async def load(port: int, connections: int, seconds: float, key: str, first: int) -> dict[str, Any]:
    """What was answered in so many seconds: how many seconds that were, each latency in milliseconds, and how many answers were wrong."""
    loop, number = asyncio.get_running_loop(), count(first)
    began = time.perf_counter()
    askers = [
        (await loop.create_connection(lambda: Asker(key, number, began + seconds), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(asker.done for asker in askers))
    spent = time.perf_counter() - began
    return {
        "seconds": spent,
        "taken_ms": [round(second * 1000, 3) for asker in askers for second in asker.taken],
        "wrong": sum(asker.wrong for asker in askers),
    }


if __name__ == "__main__":
    port, connections, seconds, key, first = sys.argv[1:]
    print(json.dumps(uvloop.run(load(int(port), int(connections), float(seconds), key, int(first)))))
