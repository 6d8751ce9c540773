"""How far long work has come, on standard error: standard output is for the result."""

from __future__ import annotations

import sys
from time import monotonic

EVERY = 1.0
"""Seconds between two lines."""


class Progress:
    """Counts things and says so about once a second; on a terminal the line is written over."""

    def __init__(self, what: str) -> None:
        self.done = 0
        self._what = what
        self._said = monotonic()
        self._over = sys.stderr.isatty()

    def step(self, by: int = 1) -> None:
        self.done += by
        if monotonic() - self._said >= EVERY:
            self._say("\r" if self._over else "\n")

    def end(self) -> None:
        """The last count, however little time it took."""
        self._say("\n")

    def _say(self, end: str) -> None:
        self._said = monotonic()
        print(f"{self.done:,} {self._what}", end=end, file=sys.stderr, flush=True)
