"""A server that was demoted: behind the same address there is another one by now, and it is found."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from api.settings import Settings
from tests.api.running import HERE, KEYS, an_outcome, running
from tests.faults.processes import waited_for
from tests.faults.rig import Valkey, client_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Address:
    """A port that leads to whichever server is the master, for those who connect from now on."""

    def __init__(self, target: int) -> None:
        self.target = target

    async def connected(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, there = await asyncio.open_connection("127.0.0.1", self.target)
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._pass(caller, there), self._pass(answers, back))
        there.close()
        back.close()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
        sink.close()


async def test_a_demoted_server_s_connections_are_given_up(tmp_path: Path) -> None:
    with Valkey(tmp_path / "old").started() as old, Valkey(tmp_path / "new").started() as new:
        with client_of(new.url) as client:
            client.replicaof("127.0.0.1", old.port)
            waited_for(lambda: client.execute_command("ROLE")[3] == b"connected")
        address = Address(old.port)
        server = await asyncio.start_server(address.connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        url = f"redis://127.0.0.1:{port}/0"
        settings = Settings(knowledge=HERE, var=tmp_path, redis_url=url, redis_timeout=20.0, keys=KEYS)
        async with running(settings) as desk:
            decision = await desk.decide(detail="short")
            told = {"outcomes": [an_outcome(decision)]}
            assert (await desk.post("/v1/outcomes", told)).status_code == 200
            with client_of(new.url) as ahead, client_of(old.url) as behind:
                ahead.replicaof("NO", "ONE")
                behind.replicaof("127.0.0.1", new.port)
            address.target = new.port
            again = {"outcomes": [an_outcome(decision, "o-2")]}
            assert (await desk.post("/v1/outcomes", again)).status_code == 503
            assert (await desk.post("/v1/outcomes", again)).status_code == 200
            assert "record" in (await desk.decide(detail="short", contact_id="k-2"))["degraded"]
            assert "record" not in (await desk.decide(detail="short", contact_id="k-3"))["degraded"]
        server.close()
        with client_of(new.url) as client:
            [journal] = client.keys("*journal")
            assert [told[b"kind"] for _, told in client.xrange(journal)].count(b"outcome") == 2
