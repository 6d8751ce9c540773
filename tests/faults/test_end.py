"""Bar 8, the end of a process: what is under way is answered, whoever calls next is sent elsewhere, and workers are replaced one by one."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.lengths import at_length
from tests.faults.load import a_decision, under_load
from tests.faults.processes import PATIENCE, waited_for
from tests.faults.rig import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.figures import Figures
    from tests.faults.rig import Valkey

IN_FLIGHT = 200


CALM = {"BEHOUD_TOO_LATE_MS": "60000"}
"""A burst of calls is none too many: that is another bar."""


class Workers(Service):
    """Two processes behind one port."""

    def command(self) -> list[str]:
        return [*super().command(), "--workers", "2"]

    def workers(self) -> set[int]:
        """Those that answer: children that are no helpers of Python's own."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return {int(child) for child in children if b"spawn_main" in command_of(child)}


def command_of(process: str) -> bytes:
    """The command line of a process; nothing of one that ended since it was listed."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.fixture
def service(tmp_path: Path, valkey: Valkey) -> Iterator[Service]:
    with Service(tmp_path / "service", valkey.url, **CALM).started() as found:
        yield found


@pytest.fixture
def slow_to_go(tmp_path: Path, valkey: Valkey) -> Iterator[Service]:
    """A service that takes calls for a while after it was told to end."""
    made = Service(tmp_path / "service", valkey.url, BEHOUD_DRAIN_SECONDS="600", **CALM)
    with made.started() as found:
        yield found
        found.kill()


@pytest.fixture
def workers(tmp_path: Path, valkey: Valkey) -> Iterator[Workers]:
    with Workers(tmp_path / "service", valkey.url, **CALM).started() as found:
        yield found


def sent(port: int, number: int) -> socket.socket:
    """A question on its way, on a connection of its own."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(a_decision(number).packed())
    return connection


def answered(connection: socket.socket) -> bytes:
    """All that came until the service closed the connection."""
    received = b""
    with connection:
        while more := connection.recv(65_536):
            received += more
    return received


def test_all_that_is_in_flight_at_sigterm_is_answered(service: Service, figures: Figures) -> None:
    service.pause()
    waiting = [sent(service.port, number) for number in range(IN_FLIGHT)]
    assert service.process is not None
    service.process.send_signal(signal.SIGTERM)
    service.resume()
    answers = [answered(connection) for connection in waiting]
    whole = [one for one in answers if one.startswith(b"HTTP/1.1 200 ") and one.endswith(b"}")]
    figures.add("end.in_flight", len(waiting), "requests")
    figures.add("end.dropped", IN_FLIGHT - len(whole), "requests", "0", len(whole) == IN_FLIGHT)
    assert len(whole) == IN_FLIGHT
    assert all(b"\r\nconnection: close\r\n" in one.lower() for one in whole)
    service.process.wait(PATIENCE)
    assert service.process.returncode == 0


def test_a_balancer_hears_of_the_end_before_anybody_is_turned_away(slow_to_go: Service) -> None:
    assert slow_to_go.process is not None
    assert slow_to_go.ask("GET", "/readyz")[0] == 200
    slow_to_go.process.send_signal(signal.SIGTERM)
    waited_for(lambda: slow_to_go.ask("GET", "/readyz")[0] == 503)
    assert "ending" in slow_to_go.ask("GET", "/readyz")[1].decode()
    assert slow_to_go.ask("GET", "/livez")[0] == 200
    one = a_decision(1)
    assert slow_to_go.ask(one.method, one.path, one.body)[0] == 200
    slow_to_go.process.send_signal(signal.SIGTERM)
    slow_to_go.process.wait(PATIENCE)
    assert slow_to_go.process.returncode == 0


def test_workers_are_replaced_one_by_one_and_nothing_is_dropped(workers: Workers, figures: Figures) -> None:
    waited_for(lambda: len(workers.workers()) == 2)
    rounds = 1 + round(at_length(0, 5))
    with under_load(workers.port, 20, a_decision) as load:
        for _ in range(rounds):
            before = workers.workers()
            os.kill(workers.pid, signal.SIGHUP)
            waited_for(lambda before=before: len(workers.workers() - before) == 2, 3 * PATIENCE)  # type: ignore[misc]
            waited_for(lambda before=before: not workers.workers() & before, 3 * PATIENCE)  # type: ignore[misc]
        since = time.monotonic()
        waited_for(lambda: any(one.status == 200 for one in load.answered(since)))
    dropped = [one for one in load.asked if one.status != 200]
    figures.add("end.rolling_restarts", rounds, "restarts")
    figures.add("end.rolling_requests", len(load.asked), "requests")
    figures.add("end.rolling_dropped", len(dropped), "requests", "0", not dropped)
    assert [(one.status, one.error) for one in dropped] == []
    assert all(json.loads(one.answer)["decision_id"] for one in load.asked)
