"""`serve --challenger` starts the process in the shadow, which neither outlives the service nor is missed by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from api.__main__ import main
from tests.api.running import HERE, KEYS, TOKEN, a_question
from tests.api.test_commands import ROOT, alive, environment, free_port
from tests.api.test_memory import sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def waited_for(what: Callable[[], bool]) -> bool:
    for _ in range(1_200):
        if what():
            return True
        time.sleep(0.05)
    return False


def figures(port: int) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text: str = answer.read().decode()
    return text


def in_the_shadow(parent: int) -> list[int]:
    """Those whom this process started to decide in the shadow."""
    told = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in told.stdout.splitlines() if line.endswith("-m api shadow")]


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a killed service leaves it behind")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_service_starts_one_and_it_ends_with_the_service(tmp_path: Path, end: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port), "--challenger", str(HERE)]
    settings = environment(tmp_path, BEHOUD_KEYS=KEYS)
    service = subprocess.Popen(command, cwd=ROOT, env=settings, stderr=subprocess.DEVNULL)
    try:
        assert waited_for(lambda: alive(port))
        assert waited_for(lambda: len(in_the_shadow(service.pid)) == 1)
        [beside] = in_the_shadow(service.pid)
        # It decides what is new since it has read where the journal ends, which its first sign of life says.
        assert waited_for(lambda: "behoud_shadow_lag_seconds NaN" not in figures(port))
        sent(port, "/v1/decisions", a_question())
        assert waited_for(lambda: 'behoud_shadow_decisions{result="decided"} 1.0' in figures(port))
        if end == signal.SIGTERM:  # without it the service answers all the same
            os.kill(beside, signal.SIGKILL)
            assert sent(port, "/v1/decisions", a_question(contact_id="call-2"))["degraded"] == ["bundle"]
            assert waited_for(lambda: in_the_shadow(service.pid) not in ([], [beside]))
            [beside] = in_the_shadow(service.pid)
        service.send_signal(end)
        service.wait(timeout=60)
        assert waited_for(lambda: not is_there(beside))
    finally:
        service.kill()
        service.wait(timeout=60)


def test_a_shadow_without_a_challenger_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("BEHOUD_CHALLENGER", raising=False)
    assert main(["shadow"]) != 0
    assert "BEHOUD_CHALLENGER is not set" in capsys.readouterr().err
