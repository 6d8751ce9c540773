"""Script calls of live decisions to a cluster: a line to each master, and a breaker for each, so that one that is away stops only its own customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cluster import Cluster
from api.connection import FAILURES, Line, Node, connect
from api.slots import is_cluster, node_url, redirected

if TYPE_CHECKING:
    from api.breaker import Breaker
    from api.scripts import Script
    from api.wire import Answer, Argument


class ClusterLine:
    """A `Line` to each master. The address of nobody stands for keys that nobody is known to hold."""

    def __init__(self, cluster: Cluster, seconds: float) -> None:
        self._cluster, self._seconds = cluster, seconds
        self._lines: dict[str, Line] = {}

    def breaker(self, key: str = "") -> Breaker:
        """Of the node that holds the key; without one, of the node that is worst."""
        if key:
            return self._line(self._cluster.owner(key)).breaker()
        breakers = [self._line(address).breaker() for address in self._cluster.addresses() or ("",)]
        return max(breakers, key=lambda breaker: (breaker.is_open, breaker.failures))

    def _line(self, address: str) -> Line:
        if address not in self._lines:
            self._forget()
            self._lines[address] = Line(node_url(self._cluster.url, address), self._seconds)
        return self._lines[address]

    def _forget(self) -> None:
        """Who is no master any more answers what it was asked, and is not asked again."""
        for gone in self._lines.keys() - {*self._cluster.addresses(), ""}:
            self._lines.pop(gone).retire()

    async def run(self, script: Script, key: str, values: tuple[Argument, ...]) -> Answer:
        """As `Line` does, at the node that holds the key, or at the one that is said to.

        Of a slot that is being moved key by key no answer is whole, so nobody is asked for the rest of it. Raises one of FAILURES.
        """
        address = self._cluster.owner(key)
        if not address:
            self._cluster.look_soon()
            raise ConnectionError("it is not known yet which node holds the key")
        try:
            return await self._line(address).run(script, key, values)
        except FAILURES as error:
            if not str(error).startswith("MOVED "):
                self._cluster.look_soon()
                raise
            slot, elsewhere = redirected(str(error))
            self._cluster.moved(slot, elsewhere)
            return await self._line(elsewhere).run(script, key, values)

    async def open(self, key: str = "") -> None:
        """Connect to the node that holds the key, if any does; without one, to all masters."""
        await self._cluster.masters()
        for address in filter(None, [self._cluster.owner(key)] if key else self._cluster.addresses()):
            await self._line(address).open()

    def close(self) -> None:
        for line in self._lines.values():
            line.close()


def lines_to(url: str, quick: float, patient: float) -> tuple[Line | ClusterLine, Node | Cluster]:
    """For live decisions and for all else, to one server or to a cluster as the address says; seconds to wait for an answer."""
    if not is_cluster(url):
        return Line(url, quick), connect(url, patient)
    cluster = Cluster(url, patient)
    return ClusterLine(cluster, quick), cluster
