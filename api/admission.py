"""Who may still come in when there is more to do than can be done in time: who is refused is refused at once, and what is begun is ended.

One process works on one thing at a time, so too much to do shows in one place: its event loop comes late to everything. How late is looked
at every few milliseconds while several calls are under way. Late for longer than a burst, the number that may be under way is brought to what
can be worked off in time; not late, it grows again, one by one. Waiting for a slow store is no work, and lowers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from api.security import View

BURST: Final = 0.05
"""Seconds it may be late without anybody being refused."""
LEAST: Final = 24
"""Calls that may be under way however late it is: they are worked off in some 30 ms, and sixteen bots that ask without pause fit into their share."""
BEAT: Final = 0.005
"""Seconds from one look to the next."""
BUSY: Final = 4
"""Calls under way from which on it is looked."""
Kind = Literal["reads", "bots", "agents", "writes"]
SHARE: Final[Mapping[Kind, float]] = {"reads": 0.5, "bots": 0.75, "agents": 1.0, "writes": 1.25}
"""How much of what may be under way there may be before a call of this kind is refused: what is told is taken when nothing is answered any more."""
_ALWAYS: Final = (b"/livez", b"/readyz", b"/metrics", b"/v1/admin/")
"""What those who mend it need most when it is too much: going back to what was in use may be the cure."""
_TOLD: Final = (b"/v1/outcomes", b"/v1/events", b"/v1/customers")


class Admission:
    """`most` may ever be under way; a loop that is `too_late`, seconds, has too much to do. `view_of` says which view a key has, by its id."""

    def __init__(self, most: int, too_late: float, view_of: Callable[[str], View | None]) -> None:
        self.most = most
        self._too_late = too_late
        self.limit = float(most)
        self._view_of = view_of
        self._late_since: float | None = None
        self._set(most)

    @property
    def strained(self) -> bool:
        """Whether less may be under way than usual: what takes long and can be done without is left out."""
        return self.limit < self.most

    def refuses(
        self, under_way: int, method: bytes, path: bytes, headers: list[tuple[bytes, bytes]]
    ) -> Kind | None:
        """What it is that may not begin now; None where it may. Below the least share nobody asks what it is."""
        if under_way < self._free or path.startswith(_ALWAYS):
            return None
        kind = self._kind(method, path, headers)
        return kind if under_way >= self.limit * SHARE[kind] else None

    def beat(self, now: float, late: float, under_way: int) -> None:
        """At `now`, seconds of any clock, a look came `late`."""
        if late <= self._too_late:
            self._late_since = None
            self._set(min(self.limit + 1.0, self.most))
            return
        if self._late_since is None:
            self._late_since = now
        if now - self._late_since >= BURST and under_way > LEAST:
            self._set(max(LEAST, min(self.limit, under_way) * max(self._too_late / late, 0.5)))

    def _set(self, limit: float) -> None:
        self.limit = limit
        self._free = limit * SHARE["reads"]

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
