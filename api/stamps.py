"""When a customer was written, and by whom: moments that never go back, whatever the clock does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from models.domain import Customer


class Written(NamedTuple):
    """A customer as he was at a moment: microseconds of the clock of who wrote him."""

    customer: Customer
    stamp: int
    writer: str


@dataclass
class Stamps:
    """Of one process; `writer` is its name."""

    writer: str = field(default_factory=lambda: secrets.token_hex(6))
    last: int = 0

    def next(self, now: datetime) -> int:
        self.last = max(self.last + 1, int(now.timestamp() * 1_000_000))
        return self.last
