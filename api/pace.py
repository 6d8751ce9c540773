"""How calls are begun: so many at once, and the others in the order in which they came, when those before them are done.

One process works on one thing at a time, and who speaks to it is heard when a turn of its event loop is over. With few calls under way a turn
is short, whatever is asked: who must be refused hears so soon, and what is begun is ended soon. More at once would end no sooner.

Who waits for this machine's own disk, as all do while the store is away, is not counted. Calls under way may all wait for a slow store, though. So one a millisecond is begun in any case: more than a process decides, and next to nothing
where it has too much to do, as a turn then takes ten.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sized

AT_ONCE: Final = 24
"""Calls under way up to which another one is begun at once: together some 25 ms of work, and enough for the store to write many with one write."""
BEAT: Final = 0.001
"""Seconds from one look at those who wait to the next, at least a turn of the loop."""


class Pace:
    """`stands_since` is told the moment from which on some call waits, of the monotonic clock, and infinity when none does any more.

    `resting` says how many of the calls under way wait for the disk.
    """

    def __init__(self, stands_since: Callable[[float], None], resting: Callable[[], int]) -> None:
        self.waiting: deque[Callable[[], None]] = deque()
        self._stands_since = stands_since
        self._resting = resting

    def has_room(self, under_way: int) -> bool:
        """Whether one that comes now is begun at once."""
        return not self.waiting and (under_way < AT_ONCE or self._room(under_way) > 0)

    def _room(self, under_way: int) -> int:
        return AT_ONCE - under_way + self._resting()

    def wait(self, loop: asyncio.AbstractEventLoop, under_way: Sized, begin: Callable[[], None]) -> None:
        """Begin it when it is its turn."""
        if not self.waiting:
            self._stands_since(time.monotonic())
            loop.call_later(BEAT, self._next, loop, under_way)
        self.waiting.append(begin)

    def _next(self, loop: asyncio.AbstractEventLoop, under_way: Sized) -> None:
        for _ in range(min(len(self.waiting), max(1, self._room(len(under_way))))):
            self.waiting.popleft()()
        if self.waiting:
            loop.call_later(BEAT, self._next, loop, under_way)
        else:
            self._stands_since(math.inf)
