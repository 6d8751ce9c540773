"""The list of what is broken in the store: a hash by customer or decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import keys
from api.connection import answering
from api.poison import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Quarantined:
    """`client` is the store's, which says why its answers are Any."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def put(self, found: Mapping[str, bytes]) -> None:
        """Add these; what is known is told anew. The list does not grow without end."""
        with answering():
            number: int = await self._client.hlen(keys.QUARANTINE)
            if number < MOST:
                await self._client.hset(keys.QUARANTINE, mapping=dict(found))

    async def all(self) -> dict[str, bytes]:
        with answering():
            found: dict[bytes, bytes] = await self._client.hgetall(keys.QUARANTINE)
        return {name.decode(): told for name, told in found.items()}

    async def release(self, names: Sequence[str]) -> int:
        """Let go of these; how many were there. What is still broken comes back when it is met again."""
        with answering():
            number: int = await self._client.hdel(keys.QUARANTINE, *names)
        return number
