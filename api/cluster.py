"""A cluster, asked as one server is: a plain client for each master, chosen by the slot of the key.

Everything of one customer lies in one slot, so nothing here puts together what one command finds in two. A node that is away costs the customers whose
partitions it holds, and nobody else: that is why redis-py's own client of a cluster is not used, which closes the connections of all nodes then.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from redis.commands import AsyncCoreCommands
from redis.crc import key_slot
from redis.exceptions import AskError, MovedError

from api.connection import FAILURES, Within, connect
from api.slots import KEY_AT, by_slot, node_url, ranges_of, seeds_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from api.connection import Node
    from api.slots import Range

TRIES: Final = 3
"""How often a call is sent: to the node that is thought to hold its key, and to those that are said to."""
LOOK_SECONDS: Final = 1.0
"""How long a node has to say which node holds what."""
PAUSE_SECONDS: Final = 0.1
"""Between two looks."""
AGAIN_SECONDS: Final = 0.1
"""Between two looks at streams."""


class Cluster(AsyncCoreCommands):
    """What `Store` asks of one server, of all masters. A command has its key where `key_of` looks for it, or it names its node."""

    _event_dispatcher: Any = None  # redis-py's, for what is not done here

    def __init__(self, url: str, timeout: float) -> None:
        self.url, self._timeout = url, timeout
        self._seeds = seeds_of(url)
        self._owners: list[str] = []
        self._nodes: dict[str, Node] = {}
        self._looking: asyncio.Task[None] | None = None
        self._looked = 0.0

    async def aclose(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        for node in self._nodes.values():
            await node.aclose()

    # --- who holds what -----------------------------------------------------------------------------------------

    def owner(self, key: str | bytes) -> str:
        """The node that holds a key, as far as is known; empty where it is not."""
        if not self._owners:
            return ""
        return self._owners[key_slot(key.encode() if isinstance(key, str) else key)]

    def addresses(self) -> list[str]:
        """The masters, as far as they are known."""
        return sorted(set(self._owners) - {""})

    def moved(self, slot: int, address: str) -> None:
        """A node has said who holds a slot; the others of that node may have moved with it."""
        if self._owners:
            self._owners[slot] = address
        self.look_soon()

    def look_soon(self) -> asyncio.Task[None]:
        """Ask again who holds what, while others go on."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return self._looking

    async def look(self) -> None:
        """Ask all nodes who holds what, unless that is being asked already. Where none says it, what was known stays."""
        await asyncio.wait([self.look_soon()])

    async def _look(self) -> None:
        await asyncio.sleep(max(0.0, self._looked + PAUSE_SECONDS - time.monotonic()))
        self._looked = time.monotonic()
        ranges = await self._agreed(list(self._nodes)) or await self._agreed(self._seeds)
        if ranges:
            self._owners = by_slot(ranges)
            for address in self._nodes.keys() - set(self._owners):
                # Who still waits for an answer of a node that is no master any more need not: `spread` asks the one that is.
                await self._nodes.pop(address).aclose()

    async def _agreed(self, addresses: Sequence[str]) -> tuple[Range, ...]:
        """What most of these nodes say, as soon as that is sure: one that was cut off or has just come back knows less than the others."""
        told: Counter[tuple[Range, ...]] = Counter()
        asked = [asyncio.create_task(self._asked(address)) for address in addresses]
        try:
            for one in asyncio.as_completed(asked):
                ranges = await one
                told[ranges] += bool(ranges)
                if 2 * told[ranges] > len(addresses):
                    return ranges
        finally:
            for task in asked:
                task.cancel()
        return max(told, key=told.__getitem__, default=())

    async def _asked(self, address: str) -> tuple[Range, ...]:
        """Nothing where it does not say it in time."""
        node: Any = self.node(address)
        try:
            async with Within(LOOK_SECONDS):
                return ranges_of(await node.execute_command("CLUSTER SLOTS"), address)
        except FAILURES:
            return ()

    def node(self, address: str) -> Node:
        """The client of one node."""
        if address not in self._nodes:
            self._nodes[address] = connect(node_url(self.url, address), self._timeout)
        return self._nodes[address]

    @property
    def replicated(self) -> bool:
        """Whether any node has replicas."""
        return any(node.replicated for node in self._nodes.values())

    async def masters(self, *, afresh: bool = False) -> list[Node]:
        """A client for each master; `afresh`: those there are now."""
        if afresh or not self._owners:
            await self.look()
        addresses = self.addresses()
        if not addresses:
            raise ConnectionError(f"none of {', '.join(self._seeds)} says which node holds what")
        return [self.node(address) for address in addresses]

    # --- calls --------------------------------------------------------------------------------------------------

    async def spread(
        self, keys: Sequence[str], send: Callable[[Node, Sequence[int]], Awaitable[list[Any]]]
    ) -> list[Any]:
        """What `send` brings from the nodes, in the order of the keys: it is given a node and which of the keys that holds.

        Where another node holds a key by now, all that was sent to the first is sent once more: it must do no harm to do it twice.
        """
        answers: list[Any] = [None] * len(keys)
        left: Sequence[int] = range(len(keys))
        moved: Exception = ConnectionError("no key is asked for")
        for _ in range(TRIES):
            groups = await self._grouped(keys, left)
            sent = (send(self.node(address), at) for address, at in groups.items())
            found = await asyncio.gather(*sent, return_exceptions=True)
            left = []
            for (address, at), answer in zip(groups.items(), found, strict=True):
                if isinstance(answer, MovedError):
                    self.moved(answer.slot_id, f"{answer.host}:{answer.port}")
                    moved, left = answer, [*left, *at]
                elif isinstance(answer, FAILURES) and self._owners and self.owner(keys[at[0]]) != address:
                    moved, left = answer, [*left, *at]
                elif isinstance(answer, BaseException):
                    self.look_soon()
                    raise answer
                else:
                    for place, told in zip(at, answer, strict=True):
                        answers[place] = told
            if not left:
                return answers
        raise moved

    async def _grouped(self, keys: Sequence[str], left: Sequence[int]) -> dict[str, list[int]]:
        if not self._owners:
            await self.look()
        groups: dict[str, list[int]] = {}
        for place in left:
            address = self.owner(keys[place])
            if not address:
                self.look_soon()
                raise ConnectionError("nobody is known to hold a key")
            groups.setdefault(address, []).append(place)
        return groups

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        [answer] = await Batch(self).execute_command(*args, **options).execute()
        return answer

    async def xread(  # type: ignore[override]  # redis-py's has more choices
        self, streams: Mapping[str, str], count: int, block: int
    ) -> dict[bytes, Any]:
        """What is new in streams, waiting so many ms for the first of it.

        A server waits for streams of one slot only, so they are looked at again and again.
        """
        until = time.monotonic() + block / 1000
        while True:
            batch = self.pipeline(transaction=False)
            for stream, place in streams.items():
                batch.execute_command("XREAD", "COUNT", count, "STREAMS", stream, place)
            found = {name: told for one in await batch.execute() for name, told in (one or {}).items()}
            if found or time.monotonic() >= until:
                return found
            await asyncio.sleep(AGAIN_SECONDS)

    def pipeline(self, *, transaction: Literal[False]) -> Batch:  # noqa: ARG002  asked as one server is
        """Commands for keys of any slots."""
        return Batch(self)


class Batch(AsyncCoreCommands):
    """Commands sent together: a pipeline to each node that holds keys of some."""

    _event_dispatcher: Any = None

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._commands: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._commands.clear()

    def execute_command(self, *args: Any, **options: Any) -> Self:
        self._commands.append((args, options))
        return self

    async def execute(self, *, raise_on_error: bool = True) -> list[Any]:
        """The answers, in the order of the commands; raises the first that is an error, unless told otherwise."""
        commands, self._commands = self._commands, []

        async def send(node: Node, at: Sequence[int]) -> list[Any]:
            async with node.pipeline(transaction=False) as pipe:
                for place in at:
                    args, options = commands[place]
                    pipe.execute_command(*args, **options)
                found: list[Any] = await pipe.execute(raise_on_error=False)
            for number, place in enumerate(at):
                if isinstance(found[number], AskError):
                    found[number] = await self._asked(found[number], *commands[place])
                if isinstance(found[number], Exception) and (
                    raise_on_error or isinstance(found[number], MovedError)
                ):
                    raise found[number]
            return found

        return await self._cluster.spread([key_of(args) for args, _ in commands], send)

    async def _asked(self, error: AskError, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Of a slot that is being moved key by key: this key has gone already."""
        async with self._cluster.node(f"{error.host}:{error.port}").pipeline(transaction=False) as pipe:
            pipe.execute_command("ASKING")
            pipe.execute_command(*args, **options)
            return (await pipe.execute())[1]


def key_of(args: tuple[Any, ...]) -> str:
    """The key a command is about."""
    return str(args[KEY_AT.get(args[0], 1)])
