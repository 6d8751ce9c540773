"""The processes of the demo: started with it, ended with it, and missed when one ends before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "demo"
TELECOM = ROOT / "examples" / "telecom"
PYTHON = (sys.executable, "-m")
LOOK_SECONDS = 0.5
"""How often it is looked whether everything still runs."""


def settings() -> dict[str, str]:
    """The environment of everything that is started: all state below var/demo."""
    port = os.environ.get("BEHOUD_PORT") or str(free_port(8080))
    return os.environ | {
        "BEHOUD_VAR": str(VAR),
        "BEHOUD_KNOWLEDGE": str(TELECOM),
        "BEHOUD_BUNDLE": "models:/behoud@champion",
        "BEHOUD_KEYS_FILE": str(VAR / "keys.json"),
        "BEHOUD_PORT": port,
        "BEHOUD_DESK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def free_port(wanted: int) -> int:
    """The wanted port, or any free one when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no free port on 127.0.0.1")


def run(command: Sequence[str], environment: dict[str, str]) -> None:
    """Run a command of the project and end with its exit code when it fails.

    It stands in a session of its own, so that Ctrl-C comes here alone and ends it, and what it started, without a traceback.
    """
    child = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
        raise
    if code:
        raise SystemExit(code)


def wait_for(server: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    """Until the service can answer."""
    for _ in range(1200):
        if server.poll() is not None:
            log = (VAR / "service.log").read_text(errors="replace")[-2000:]
            raise SystemExit(f"the service ended with {server.returncode}:\n{log}")
        if ready():
            return
        time.sleep(0.1)
    raise SystemExit("the service did not become ready within 120 s")


def start_service(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The service; its log is a file."""
    command = [*PYTHON, "api", "serve", "--port", environment["BEHOUD_PORT"]]
    with (VAR / "service.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)


def start_learner(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """What reads the journal of a running service and corrects the chances; its log is a file."""
    store = environment.get("BEHOUD_REDIS_URL") or (VAR / "valkey" / "url").read_text()
    command = [*PYTHON, "training", "learn", "--redis", store]
    with (VAR / "learner.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def stay(server: subprocess.Popen[bytes], learner: subprocess.Popen[bytes]) -> None:
    """Until the service ends. A learner that ends before is told of, once: decisions go on without it."""
    told = False
    while server.poll() is None:
        if learner.poll() is not None and not told:
            told = True
            print(learner_died(learner.returncode), flush=True)
        time.sleep(LOOK_SECONDS)
    log = (VAR / "service.log").relative_to(ROOT)
    raise SystemExit(f"the service ended with {server.returncode}; its log is {log}")


def learner_died(code: int) -> str:
    """What that means, and how to have one again."""
    said = (VAR / "learner.log").read_text(errors="replace").strip().splitlines()
    url = (VAR / "valkey" / "url").relative_to(ROOT)
    store = "$BEHOUD_REDIS_URL" if os.environ.get("BEHOUD_REDIS_URL") else f"$(cat {url})"
    return f"""
The learner ended with {code}: {said[-1] if said else "it said nothing"}
Decisions go on with what it had learned. Answers are kept, and count once it runs again:

  .venv/bin/python -m training learn --redis "{store}"
"""


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the learner, or the service, which ends its Valkey server."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
