"""Who may still come in when there is more to do than can be done: who is refused is refused at once, and what is begun is ended.

Calls that cannot be begun at once wait in a queue (`api.pace`). A queue that empties now and then is a burst, and refuses nobody. One that
does not empty for a quarter of a second grows faster than it is worked off: from then on only a few may wait, and the others are refused, until
for as long nobody had to be. Waiting for a slow store is no work, and what other processes take of the core ends by itself: neither makes
a queue that stands.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

from api.security import View

FEW: Final = 16
"""Calls that may wait while there is too much to do: as many as are begun in two turns, so that there is always one to begin."""
Kind = Literal["reads", "bots", "agents", "writes"]
SHARE: Final[Mapping[Kind, float]] = {"reads": 0.5, "bots": 0.75, "agents": 1.0, "writes": 1.25}
"""How much of what may wait there may be before a call of this kind is refused: what is told is taken when nothing is answered any more."""
_FREE: Final = FEW * SHARE["reads"]
_ALWAYS: Final = (b"/livez", b"/readyz", b"/metrics", b"/v1/admin/")
"""What those who mend it need most when it is too much: going back to what was in use may be the cure."""
_TOLD: Final = (b"/v1/outcomes", b"/v1/events", b"/v1/customers")


class Admission:
    """`most` may ever be under way; a queue that stands for `too_late` seconds of `clock` is too much to do. `view_of` says which view a key has, by its id."""

    def __init__(
        self,
        most: int,
        too_late: float,
        view_of: Callable[[str], View | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._too_late = too_late
        self._view_of = view_of
        self._clock = clock
        self._free = most * SHARE["reads"]
        self._stands_since = math.inf
        self._refused_at = -math.inf

    def stands_since(self, moment: float) -> None:
        """Since when calls wait to be begun, without end; infinity where none does."""
        self._stands_since = moment

    @property
    def queued(self) -> bool:
        """Whether any call waits to be begun."""
        return self._stands_since < math.inf

    @property
    def strained(self) -> bool:
        """Whether there is too much to do: what takes long and can be done without is left out."""
        now = self._clock()
        return now - self._stands_since >= self._too_late or now - self._refused_at < self._too_late

    @property
    def limit(self) -> int:
        """How many calls of agents may wait; while not strained, be under way at all."""
        return FEW if self.strained else self.most

    def asks(self, under_way: int, waiting: int) -> bool:
        """Whether it may be that somebody is refused now."""
        return waiting >= _FREE or under_way + waiting >= self._free

    def refuses(
        self, under_way: int, waiting: int, method: bytes, path: bytes, headers: list[tuple[bytes, bytes]]
    ) -> Kind | None:
        """What it is that may not come in now; None where it may."""
        if path.startswith(_ALWAYS) or method == b"OPTIONS":
            return None
        kind, strained = self._kind(method, path, headers), self.strained
        if under_way + waiting >= self.most * SHARE[kind]:
            return kind
        if not strained or waiting < FEW * SHARE[kind]:
            return None
        self._refused_at = self._clock()
        return kind

    def _kind(self, method: bytes, path: bytes, headers: list[tuple[bytes, bytes]]) -> Kind:
        if method != b"GET" and path.startswith(_TOLD):
            return "writes"
        if path.partition(b"?")[0] == b"/v1/decisions":
            return "agents" if self._of_an_agent(headers) else "bots"
        return "reads"

    def _of_an_agent(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """By what is written in the open: the route asks for the secret, later."""
        for name, value in headers:
            if name == b"authorization":
                sent = value.decode("latin-1").rpartition(" ")[2]
                return sent.startswith("bt_") or self._view_of(sent[3:].partition("_")[0]) == "agent"
        return False
