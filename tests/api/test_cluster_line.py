"""A line to each master there is, and none to those there were."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from api.cluster import Cluster
from api.cluster_line import ClusterLine
from api.scripts import Script

pytestmark = pytest.mark.anyio
SCRIPT = Script(b"return 1", "0" * 40)


class Told(Cluster):
    """A cluster of one master, which is where it was said to be."""

    master = ""

    def owner(self, key: str | bytes) -> str:
        return self.master

    def addresses(self) -> list[str]:
        return [self.master]


class Node:
    """Answers 1 to whatever it is asked."""

    def __init__(self) -> None:
        self.connections = 0
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while asked := await reader.read(1000):
            writer.write(b":1\r\n" * asked.count(b"*"))
        writer.close()
        self.left.set()


async def test_a_master_that_is_none_any_more_keeps_no_connection() -> None:
    cluster = Told("redis+cluster://127.0.0.1", 5.0)
    line = ClusterLine(cluster, 5.0)
    first, second = Node(), Node()
    async with AsyncExitStack() as stack:
        addresses = []
        for node in (first, second):
            server = await stack.enter_async_context(await asyncio.start_server(node.serve, "127.0.0.1", 0))
            addresses.append(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        cluster.master = addresses[0]
        assert [await line.run(SCRIPT, "k", ()) for _ in range(2)] == [1, 1]
        assert not first.left.is_set()
        cluster.master = addresses[1]
        assert await line.run(SCRIPT, "k", ()) == 1
        await asyncio.wait_for(first.left.wait(), 5.0)
        assert (first.connections, second.connections) == (1, 1)
        line.close()
        await asyncio.wait_for(second.left.wait(), 5.0)


async def test_a_master_that_comes_back_is_asked_though_it_failed_before() -> None:
    cluster = Told("redis+cluster://127.0.0.1", 5.0)
    line = ClusterLine(cluster, 5.0)
    cluster.master = "127.0.0.1:1"
    for _ in range(3):
        line.breaker("k").failed()
    assert line.breaker("k").is_open
    cluster.master = "127.0.0.1:2"
    assert not line.breaker("k").is_open
    cluster.master = "127.0.0.1:1"
    assert not line.breaker("k").is_open
