"""When a store has failed often enough not to be asked for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from api.failures import Why


@dataclass
class Breaker:
    """Open after `limit` failures in a row, or after failures that took `patience` seconds together; then one call every `pause` seconds may look whether it is back.

    `why` is the last failure.
    """

    limit: int = 3
    patience: float = 0.1
    pause: float = 1.0
    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    spent: float = 0.0
    next_probe: float = 0.0
    why: Why = "away"

    @property
    def is_open(self) -> bool:
        return self.failures >= self.limit or self.spent >= self.patience

    def admits(self) -> bool:
        """Whether a call may be made now. While open, saying yes uses up the probe."""
        if not self.is_open:
            return True
        now = self.clock()
        if now < self.next_probe:
            return False
        self.next_probe = now + self.pause
        return True

    def failed(self, spent: float = 0.0, why: Why = "away") -> None:
        """After so many seconds."""
        was_open = self.is_open
        self.failures += 1
        self.spent += spent
        self.why = why
        if self.is_open and not was_open:
            self.next_probe = self.clock() + self.pause

    def succeeded(self) -> None:
        self.failures = 0
        self.spent = 0.0
