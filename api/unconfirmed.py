"""Decisions that a master has recorded, and perhaps no replica yet.

No answer waits for a replica, and a failover loses what only the master had. So what was recorded in the last moments is remembered here
until a replica has it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from api import keys
from api.connection import FAILURES, UnconfirmedError, confirmed_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.connection import Node
    from api.scripts import Trace

MOST: Final = 20_000_000
"""Bytes that are remembered. While a replica is being filled it confirms nothing, and is given with the rest what is forgotten here."""


class Unconfirmed:
    """The oldest first, in no more than so many bytes."""

    def __init__(self, client: Any, most: int = MOST) -> None:
        self._client = client
        self._most = most
        self._bytes = 0
        self._traces: deque[Trace] = deque()

    def add(self, trace: Trace) -> None:
        """It was recorded; where nothing has replicas there is nothing to wait for."""
        if not self._client.replicated:
            return
        self._traces.append(trace)
        self._bytes += len(trace.record)
        while self._bytes > self._most:
            self._bytes -= len(self._traces.popleft().record)

    def take(self) -> list[list[Trace]]:
        """All of it, those of a partition together."""
        taken: dict[str, list[Trace]] = {}
        for trace in self._traces:
            taken.setdefault(trace.decision_id.partition("-")[0], []).append(trace)
        self._traces.clear()
        self._bytes = 0
        return list(taken.values())

    async def there(self, groups: Sequence[Sequence[Trace]]) -> list[int | Exception]:
        """How many of each group are there, and a replica has them too where there is one; or why nobody can say. Those of a group are of one partition."""
        names = [[keys.decision(trace.decision_id) for trace in traces] for traces in groups]

        async def send(node: Node, at: Sequence[int]) -> list[Any]:
            try:
                async with node.pipeline(transaction=False) as pipe:
                    for place in at:
                        pipe.exists(*names[place])
                    return await confirmed_answers(node, pipe, names[at[0]][0])
            except (*FAILURES, UnconfirmedError) as error:
                return [error] * len(at)

        try:
            answers: list[int | Exception] = await self._client.spread([name for name, *_ in names], send)
        except FAILURES as error:
            return [error] * len(groups)
        return answers
