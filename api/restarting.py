"""A process beside ours that is started again when it ends, later each time it ends soon."""

from __future__ import annotations

import logging
import subprocess
import threading
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger("behoud.restarting")

FIRST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""Who lived so long is started again at once, or a second later."""


def next_wait(wait: float, lived: float) -> float:
    """Seconds before the next start, after a wait of so many seconds and a life of so many: twice as long each time it ends soon, a minute at most."""
    return FIRST_SECONDS if lived >= STEADY_SECONDS else min(2.0 * wait, MOST_SECONDS)


class Restarting:
    """Runs a command until `stop`. A thread of its own waits for it: Linux ends a child with the thread that started it, so this one starts them all."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="restarting", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        with self._lock:
            self._stopped.set()
            if self._child is not None:
                self._child.terminate()
        self._thread.join()

    def _run(self) -> None:
        wait = FIRST_SECONDS / 2.0
        while True:
            started = monotonic()
            with self._lock:
                if self._stopped.is_set():
                    return
                # A session of its own: Ctrl-C ends the service, which ends it.
                self._child = subprocess.Popen(self._command, start_new_session=True)  # noqa: S603  our own command
            code = self._child.wait()
            wait = next_wait(wait, monotonic() - started)
            if not self._stopped.is_set():
                log.warning("started again", extra={"command": self._command[-1], "code": code, "in": wait})
            if self._stopped.wait(wait):
                return
