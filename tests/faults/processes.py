"""A process of a test's own that can be ended, killed and paused, and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from api.children import bound_to_us
from tests.api.running import HERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROOT = HERE.parent.parent
PATIENCE = 60.0
"""Seconds after which something is broken and not only slow."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def waited_for(what: Callable[[], bool], seconds: float = PATIENCE, every: float = 0.01) -> float:
    """How many seconds it took until this was so, looked at every so many."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, f"not so after {seconds} seconds"
        time.sleep(every)
    return time.monotonic() - began


class Process(ABC):
    """What it says goes to `folder`/log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    @abstractmethod
    def answers(self) -> bool:
        """Whether it can be used now."""

    def launch(self) -> None:
        """Start it and wait for nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                bound_to_us(self.command()),
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def start(self) -> float:
        """Seconds until it answered."""
        self.launch()
        return waited_for(self._is_there)

    def _is_there(self) -> bool:
        assert self.running, f"it ended: {self.said()}"
        return self.answers()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        """-9: it says no goodbye."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It takes connections and answers none."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stutter(self, seconds: float) -> None:
        """Stand still for a while; one that was killed does so anyway."""
        process = self.process
        if process is not None:
            process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """In good order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process = None

    @contextmanager
    def started(self) -> Iterator[Self]:
        try:
            self.start()  # also ended when it never answers
            yield self
        finally:
            self.stop()
