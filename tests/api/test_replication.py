"""A write is acknowledged when a replica has it too, where there is one, also one that came since it was looked last; a decision is brought back where none had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.confirming import confirm
from api.connection import Node, UnconfirmedError, confirmed_answers, connect
from api.keys import decision as key_of
from api.relay import relay
from api.scripts import Trace
from api.settings import Settings
from api.unconfirmed import Unconfirmed
from tests.api.running import HERE, KEYS, Running, an_outcome, running
from tests.faults.processes import waited_for
from tests.faults.rig import Valkey, client_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "master", "--repl-diskless-sync-delay", "0").started() as server:
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


async def test_one_that_is_being_filled_is_waited_for(tmp_path: Path, other: Valkey) -> None:
    with Valkey(tmp_path / "slow", "--repl-diskless-sync-delay", "600").started() as master:
        node = connect(master.url, 5.0)
        assert await written(node, 1) == [True, b"1"]
        with client_of(other.url) as client, client_of(master.url) as leading:
            client.replicaof("127.0.0.1", master.port)
            waited_for(lambda: leading.info("replication")["connected_slaves"])
            assert leading.execute_command("ROLE")[2] == [], "it has nothing yet"
        with pytest.raises(UnconfirmedError):
            await written(node, 2)
        await node.aclose()
        with client_of(other.url) as client:
            client.replicaof("NO", "ONE")  # else its master waits for it when it ends


# --- decisions ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def desk(tmp_path: Path, master: Valkey, other: Valkey) -> AsyncIterator[Running]:
    """A service whose store has a replica."""
    follow(other, master)
    settings = Settings(
        knowledge=HERE,
        var=tmp_path,
        redis_url=master.url,
        redis_timeout=5.0,
        keys=KEYS,
        spool=tmp_path / "spool",
    )
    async with running(settings) as found:
        await found.service.store.look()
        yield found


async def test_a_decision_that_a_failover_lost_is_brought_back_and_what_came_of_it_counts(
    desk: Running, master: Valkey
) -> None:
    decision = await desk.decide(detail="short")
    name = key_of(decision["decision_id"])
    spool = desk.service.spool
    assert spool is not None
    with client_of(master.url) as client:
        before = client.get(name)
        client.flushall()  # as the replica that is promoted has none of it
        await confirm(desk.service)
        assert spool.backlog["decision"] == 1
        assert (await desk.post("/v1/outcomes", {"outcomes": [an_outcome(decision)]})).status_code == 200
        await relay(desk.service)
        assert client.get(name) == before
        [journal] = client.keys("*journal")
        assert [told[b"kind"] for _, told in client.xrange(journal)] == [b"outcome", b"decision"]
    await confirm(desk.service)
    assert spool.backlog.total() == 0


async def test_a_decision_that_a_replica_has_is_forgotten_and_one_that_none_has_yet_is_not(
    desk: Running, other: Valkey
) -> None:
    spool, unconfirmed = desk.service.spool, desk.service.store.unconfirmed
    assert spool is not None
    decision = await desk.decide(detail="short")
    await confirm(desk.service)
    assert unconfirmed.take() == []
    other.pause()
    later = await desk.decide(detail="short", contact_id="k-2")
    await confirm(desk.service)
    other.resume()
    [[trace]] = unconfirmed.take()
    assert trace.decision_id == later["decision_id"] != decision["decision_id"]
    assert spool.backlog.total() == 0


async def test_while_the_store_is_away_the_last_decisions_wait_in_the_spool(
    desk: Running, master: Valkey
) -> None:
    await desk.decide(detail="short")
    master.stop()
    await confirm(desk.service)
    spool = desk.service.spool
    assert spool is not None
    assert spool.backlog["decision"] == 1


def test_no_more_than_so_many_bytes_are_remembered() -> None:
    class Client:
        replicated = True

    unconfirmed = Unconfirmed(Client(), 25)
    blank = Trace("", "", b"0123456789", "", "", "", 1, b"", b"", "", 0, "")
    for number in range(5):
        unconfirmed.add(blank._replace(decision_id=f"p0{number % 2}-{number}"))
    assert [[one.decision_id for one in group] for group in unconfirmed.take()] == [["p01-3"], ["p00-4"]]
    assert unconfirmed.take() == []
    Client.replicated = False
    unconfirmed.add(blank)
    assert unconfirmed.take() == []
