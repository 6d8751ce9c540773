"""A write is acknowledged when a replica has it too, where there is one: also one that came since it was looked last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.connection import Node, UnconfirmedError, confirmed_answers, connect
from tests.faults.processes import waited_for
from tests.faults.rig import Valkey, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "master").started() as server:
        yield server


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "other").started() as server:
        yield server


def follow(other: Valkey, master: Valkey) -> None:
    with client_of(other.url) as client, client_of(master.url) as leading:
        client.replicaof("127.0.0.1", master.port)
        waited_for(lambda: client.execute_command("ROLE")[3] == b"connected")
        waited_for(lambda: leading.execute_command("ROLE")[2])


async def written(node: Node, number: int) -> list[Any]:
    async with node.pipeline(transaction=False) as pipe:
        pipe.set("{p00}:first", number)
        pipe.get("{p00}:first")
        return await confirmed_answers(node, pipe, "{p00}:first")


def waits(server: Valkey) -> int:
    with client_of(server.url) as client:
        told: dict[str, Any] = client.info("commandstats")
    return int(told.get("cmdstat_wait", {"calls": 0})["calls"])


async def test_one_that_follows_since_the_last_look_is_waited_for(master: Valkey, other: Valkey) -> None:
    node = connect(master.url, 5.0)
    await node.replication.look(node)
    assert await written(node, 1) == [True, b"1"]
    assert waits(master) == 0, "it is alone"
    follow(other, master)
    assert await written(node, 2) == [True, b"2"]
    assert waits(master) == 1
    with client_of(other.url) as client:
        assert client.get("{p00}:first") == b"2"
    other.pause()
    with pytest.raises(UnconfirmedError, match="none of 1 replicas"):
        await written(node, 3)
    other.resume()
    await node.aclose()
