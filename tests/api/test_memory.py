"""What was said to a customer about leaving is remembered over turns, contacts, channels, and a kill of everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import redis

from api.embedded import answers
from tests.api.running import KEYS, TOKEN, Running, a_customer, a_question, actions, an_outcome
from tests.api.test_commands import ROOT, alive, environment, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

LEAVING = {"intent": "cancel", "motive": "price"}
SAVES = {"save-discount", "save-apology"}


def told(decision: dict[str, Any], action: str, number: int, **rest: Any) -> dict[str, Any]:
    return {"outcomes": [an_outcome(decision, f"o-{number}", action_id=action, **rest)]}


async def test_the_bots_rounds_and_reason_are_known_to_the_agent_who_takes_over(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    bot = await desk.decide(contact_id="chat-1", channel="whatsapp", **LEAVING)
    assert actions(bot) == [
        "save-apology",
        "cancel",
    ]  # one save at a time where the customer reads them himself
    desk.clock.move(minutes=1)
    shown = told(bot, "save-apology", 1, kind="shown")
    assert (await desk.post("/v1/outcomes", shown)).status_code == 200
    agent = await desk.decide(contact_id="call-2", channel="voice")
    assert (agent["mode"], actions(agent)) == ("save", ["save-discount", "cancel"])
    desk.clock.move(minutes=1)
    spoken = told(agent, "save-discount", 2, kind="spoken", at=desk.clock().isoformat())
    assert (await desk.post("/v1/outcomes", spoken)).status_code == 200
    for channel in ("voice", "chat", "shop"):
        last = await desk.decide(contact_id=f"{channel}-3", channel=channel)
        assert (last["mode"], actions(last)) == ("proceed_to_cancel", ["cancel"])


@contextmanager
def a_service(var: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The service as its own process, with a store it starts itself."""
    port = free_port()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    settings = environment(var, BEHOUD_KEYS=KEYS)
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1_200):
            if process.poll() is not None or alive(port):
                break
            time.sleep(0.05)
        yield process, port
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def sent(port: int, path: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers, method=method
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def killed(service: subprocess.Popen[bytes], var: Path) -> None:
    """Neither the service nor its store gets to say goodbye. The store first: it would end in good order with its service."""
    url = (var / "valkey" / "url").read_text()
    with redis.Redis.from_url(url) as client:
        store = int(client.info("server")["process_id"])
    os.kill(store, signal.SIGKILL)
    service.kill()
    service.wait(timeout=60)
    assert not answers(url)


def test_two_rounds_are_remembered_when_service_and_store_are_killed(tmp_path: Path) -> None:
    with a_service(tmp_path) as (service, port):
        sent(port, "/v1/customers/C-1", a_customer("C-1", "fiber"), "PUT")
        for number, channel in enumerate(("chat", "voice")):
            turn = sent(
                port, "/v1/decisions", a_question(contact_id=f"K-{number}", channel=channel, **LEAVING)
            )
            [action, *_] = [name for name in actions(turn) if name in SAVES]
            at = datetime.now(UTC).isoformat()
            sent(port, "/v1/outcomes", told(turn, action, number, kind="spoken", at=at))
        killed(service, tmp_path)
    with a_service(tmp_path) as (_, port):
        for contact_id in ("K-0", "K-2"):
            third = sent(port, "/v1/decisions", a_question(contact_id=contact_id, **LEAVING))
            assert (third["degraded"], third["mode"]) == (["bundle"], "proceed_to_cancel")
            assert actions(third) == ["cancel"]
