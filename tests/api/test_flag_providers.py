"""Providers of flags that speak their protocols to a server, which is there, is slow, or dies."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openfeature.provider import ProviderStatus

from api.flags import Flagging, InProcess, flagging_of
from models.domain import Flags
from tests.api.running import HERE, running
from tests.api.test_flags_beside import EXPLORE, chosen

pytest.importorskip("grpc", reason="the extra 'flags' is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.settings import Settings

# grpc's own thread may look at a channel once more after it was closed, and dies of it.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Exception in thread:pytest.PytestUnhandledThreadExceptionWarning"),
]
ROOT = HERE.parents[1]
OFREP = "openfeature.contrib.provider.ofrep:OFREPProvider"
FLAGD = "openfeature.contrib.provider.flagd:FlagdProvider"
FLAGS = {
    **chosen("explore", {"E": 0.25, "F": 1.0}, 0.0),
    **chosen("ladder", {"L": "cheap-first"}, "exact"),
    **chosen("bundle", {"X": "../no"}, "champion"),
}
ASKED = ("bundle", "explore", "ladder", "propensity")
"""The last is a flag the server does not know."""
LONG, SHORT = 60.0, 0.02
"""Seconds. A call may take long here; a peer that is paused takes for ever."""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """What such a thread raises belongs to the test that made it, and not to the next one of this process."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        with suppress(RuntimeError):  # one that was never started
            thread.join(1.0)


@dataclasses.dataclass
class Peer:
    """A server of flags that a test pauses and kills."""

    kind: str
    file: Path
    process: subprocess.Popen[str]
    port: int

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def again(self) -> None:
        """At the same port."""
        self.process, _ = _started(self.kind, self.file, self.port)

    @property
    def provider(self) -> tuple[str, dict[str, Any]]:
        """As the settings name it. Its own patience is longer than the test's."""
        if self.kind == "ofrep":
            return OFREP, {"base_url": f"http://127.0.0.1:{self.port}", "timeout": LONG}
        return FLAGD, {"host": "127.0.0.1", "port": self.port, "deadline_ms": int(LONG * 1000)}


def _started(kind: str, file: Path, port: int) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-m", "tests.api.flag_peer", kind, str(file), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@contextmanager
def a_peer(kind: str, folder: Path, flags: dict[str, Any]) -> Iterator[Peer]:
    file = folder / "served.json"
    file.write_text(json.dumps({"flags": flags}))
    peer = Peer(kind, file, *_started(kind, file, 0))
    yield peer
    peer.kill()


@pytest.fixture(params=["ofrep", "rpc", "in-process"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FLAGD_RESOLVER", "in-process" if request.param == "in-process" else "rpc")
    found: str = request.param
    return found


@pytest.fixture
def peer(kind: str, tmp_path: Path) -> Iterator[Peer]:
    with a_peer(kind, tmp_path, FLAGS) as found:
        yield found


@pytest.fixture
def flagging(peer: Peer) -> Iterator[Flagging]:
    name, options = peer.provider
    made = flagging_of(None, Flags(), ASKED, name, options, LONG)
    assert made is not None
    yield made
    peer.kill()  # or a call that waits for it would be waited for
    made.close()


async def ready(flagging: Flagging) -> None:
    while flagging._client.get_provider_status() != ProviderStatus.READY:  # noqa: ASYNC110  a thread of the provider's says so
        await asyncio.sleep(0.01)


async def test_what_it_answers_is_what_the_file_itself_would(
    peer: Peer, flagging: Flagging, kind: str
) -> None:
    await ready(flagging)
    alone = Flagging(InProcess(peer.file.read_bytes()), ASKED, Flags())
    for who in ("E-1", "F-1", "L-1", "C-1", "X-1"):
        found, expected = await flagging.of(who), await alone.of(who)
        if kind == "rpc":  # which does not hand over what else is said of a flag, such as its experiment
            renamed = {name.removesuffix("-1"): arm for name, arm in expected.arms.items()}
            expected = expected._replace(arms=renamed)
        assert found == expected
    assert (await flagging.of("F-1")).flags == Flags(explore=1.0)
    assert (await flagging.of("X-1")).lost == ("flags:bundle",)
    alone.close()


async def test_one_that_is_paused_or_killed_is_waited_for_no_longer_than_is_said(
    peer: Peer, flagging: Flagging, kind: str
) -> None:
    await ready(flagging)
    before = await flagging.of("L-1")
    assert before.flags.ladder == "cheap-first"
    if kind != "in-process":  # it has what it was handed
        flagging._deadline = SHORT
        before = flagging._nothing
    peer.pause()
    assert await flagging.of("L-1") == before
    peer.go_on()
    peer.kill()
    for _ in range(5):
        assert await flagging.of("L-1") == before
    assert flagging._breaker.is_open is (kind != "in-process")


@pytest.mark.parametrize("kind", ["ofrep"], indirect=True)
async def test_one_that_comes_back_is_believed_again(peer: Peer, flagging: Flagging) -> None:
    await ready(flagging)
    peer.kill()
    while not flagging._breaker.is_open:
        assert (await flagging.of("L-1")).lost == ("flags",)
    peer.again()
    while (found := await flagging.of("L-1")).lost:  # noqa: ASYNC110  as a caller would
        await asyncio.sleep(0.05)
    assert found.flags.ladder == "cheap-first"


async def test_one_that_is_not_there_does_not_hold_up_the_start(peer: Peer, kind: str) -> None:
    peer.kill()
    name, options = peer.provider
    impatient = {} if kind == "ofrep" else {"deadline_ms": 100}
    made = flagging_of(None, Flags(), ASKED, name, {**options, **impatient}, SHORT)
    assert made is not None
    assert await made.of("L-1") == (Flags(), {}, ("flags",))
    made.close()


@pytest.mark.parametrize("kind", ["ofrep"], indirect=True)
async def test_a_decision_says_so_and_replays(peer: Peer, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "provider"
    folder.mkdir()
    (folder / "catalogue.yaml").write_bytes((HERE / "catalogue.yaml").read_bytes())
    (folder / "policy.yaml").write_text((HERE / "policy.yaml").read_text() + EXPLORE)
    name, options = peer.provider
    given = dataclasses.replace(
        settings,
        knowledge=folder,
        flags=name,
        flags_options=options,
        flags_names=ASKED,
        flags_timeout=LONG,
    )
    async with running(given) as desk:
        flagging = desk.service.library.flagging
        assert flagging is not None
        first = await desk.decide(customer_id="F-1", contact_id="K-1")
        assert first["selection"]["rate"] == 1.0
        assert first["experiment"]["arms"]["explore-1"] == "F"
        flagging._deadline = SHORT
        peer.pause()
        second = await desk.decide(customer_id="F-2", contact_id="K-2")
        assert second["degraded"][0] == "flags"
        assert (second["selection"]["rate"], second["experiment"]["arms"]) == (0.0, {})
        peer.kill()
        for decision in (first, second):
            replayed = await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")
            assert replayed.json()["differences"] == []
