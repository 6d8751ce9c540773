"""Whether a server has replicas, which a write is to reach before it is acknowledged: a failover loses what only the master had."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

WAIT_MS: Final = 500
"""How long a write waits for a replica."""
GRACE_SECONDS: Final = 2.0
"""How long a master that has lost its replicas is taken to have some.

One that was paused and replaced meanwhile wakes without replicas, and takes writes until it hears of it: they are lost.
"""


@dataclass
class Replication:
    """What is known of one server: how many replicas follow it, None before the first look."""

    clock: Callable[[], float] = time.monotonic
    replicas: int | None = None
    alone_since: float | None = None

    async def look(self, client: Any) -> None:
        """Ask the server."""
        self.heard(await client.info("replication"))

    def heard(self, told: Mapping[str, Any]) -> int:
        """What it says of itself; how many replicas it is taken to have, those that are still being filled among them."""
        if told["role"] == "master":  # one that was demoted has replicas that are another's
            self.told(int(told["connected_slaves"]))
        return self.replicas or 0

    def told(self, replicas: int) -> None:
        """It has so many now. Those it had are missed for a while before it is taken to have none."""
        if replicas or not self.replicas:
            self.replicas, self.alone_since = replicas, None
        elif self.alone_since is None:
            self.alone_since = self.clock()
        elif self.clock() - self.alone_since > GRACE_SECONDS:
            self.replicas, self.alone_since = 0, None
