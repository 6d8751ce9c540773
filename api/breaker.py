"""When a store has failed often enough not to be asked for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Breaker:
    """Open after `limit` failures in a row; then one call every `pause` seconds may look whether it is back."""

    limit: int = 3
    pause: float = 1.0
    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    next_probe: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.failures >= self.limit

    def admits(self) -> bool:
        """Whether a call may be made now. While open, saying yes uses up the probe."""
        if not self.is_open:
            return True
        now = self.clock()
        if now < self.next_probe:
            return False
        self.next_probe = now + self.pause
        return True

    def failed(self) -> None:
        self.failures += 1
        if self.failures == self.limit:
            self.next_probe = self.clock() + self.pause

    def succeeded(self) -> None:
        self.failures = 0
