"""How often a key may ask: a bucket of tokens a key, filled by the minute. Each worker counts for itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from api.errors import LimitedError

if TYPE_CHECKING:
    from datetime import datetime

MINUTE = 60_000_000
"""Microseconds. A call costs so many parts and every microsecond gives one for each call a minute, so that nothing is rounded."""
SECOND = 1_000_000
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Bucket:
    """`left` is in parts of a call; a full one holds the calls of a minute."""

    per_minute: int
    left: int
    at: datetime

    def take(self, now: datetime) -> int:
        """0 when the call may be made, else the whole seconds after which one may. A clock that was set back gives nothing."""
        passed = max((now - self.at) // MICROSECOND, 0)
        self.left = min(self.left + passed * self.per_minute, MINUTE * self.per_minute)
        self.at = now
        if self.left >= MINUTE:
            self.left -= MINUTE
            return 0
        return -((self.left - MINUTE) // (SECOND * self.per_minute))


class Limits:
    """The buckets of the keys that have a limit. What is asked with a token counts on the key it was made with."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, key_id: str, per_minute: int, now: datetime) -> None:
        """Raises LimitedError when the calls of this key are used up."""
        bucket = self._buckets.get(key_id)
        if bucket is None:
            bucket = self._buckets[key_id] = Bucket(per_minute, MINUTE * per_minute, now)
        wait = bucket.take(now)
        if wait:
            raise LimitedError(f"this key may call {per_minute} times a minute; come back in {wait} s", wait)
