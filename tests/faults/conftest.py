"""Parts that can be broken, and the table of what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.cores import loading
from tests.faults.figures import Figures
from tests.faults.lengths import FULL
from tests.faults.processes import ROOT
from tests.faults.rig import Service, Valkey, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALL = Figures()


@pytest.fixture
def figures() -> Iterator[Figures]:
    """Where a test puts what it measured. At full length a bar that does not hold fails it."""
    found = Figures()
    yield found
    _ALL.rows += found.rows
    if FULL:
        assert found.failed() == []


@pytest.fixture
def apart() -> Iterator[None]:
    """What loads runs on other cores than what serves, at full length."""
    with loading():
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FULL and _ALL.rows:
        terminalreporter.section("faults")
        for line in _ALL.lines():
            terminalreporter.write_line(line)
        _ALL.write(ROOT / "var" / "faults.json")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server on a port of its own, to be killed, paused and started again on the same data."""
    with Valkey(tmp_path / "store").started() as server:
        yield server


@pytest.fixture
def way(tmp_path: Path, valkey: Valkey) -> Iterator[Way]:
    """A way to that server that can be made slow."""
    with Way(tmp_path / "way", valkey.port).started() as found:
        yield found


@pytest.fixture
def service(tmp_path: Path, valkey: Valkey) -> Iterator[Service]:
    """A service in a process of its own, on a port of its own, with that server."""
    with Service(tmp_path / "service", valkey.url).started() as found:
        yield found
