"""What the process that decides in the shadow reads from the store and leaves there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import keys
from api.connection import answering, run_many
from api.scripts import SHADOW
from models.domain import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Shadows:
    """`client` is the store's, which says why its answers are Any."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def ends(self) -> dict[str, str]:
        """By stream of the journal, its newest entry."""
        streams = [keys.journal(number) for number in range(PARTITIONS)]
        with answering():
            async with self._client.pipeline(transaction=False) as pipe:
                for stream in streams:
                    pipe.xrevrange(stream, count=1)
                found = await pipe.execute()
        return {s: rows[0][0].decode() if rows else "0-0" for s, rows in zip(streams, found, strict=True)}

    async def decided_since(self, places: dict[str, str], most: int, wait_ms: int) -> list[str]:
        """Ids of decisions after these places, which move on; at most so many entries of each stream."""
        with answering():
            found = await self._client.xread(places, count=most, block=wait_ms)
        ids = []
        # The third protocol answers a dictionary, with the entries of a stream in a list.
        for stream, [entries] in (found or {}).items():
            for place, told in entries:
                places[stream.decode()] = place.decode()
                if told[b"kind"] == b"decision":
                    ids.append((place.decode(), told[b"id"].decode()))
        return [name for _, name in sorted(ids, key=lambda entry: int(entry[0].partition("-")[0]))]

    async def keep(self, customer_id: str, decision_id: str, told: bytes, at: str) -> bool:
        """Whether this was the first of the decision, and the decision is there."""
        tag = keys.tag_of(customer_id)
        values = (tag, customer_id, decision_id, told, at)
        [answer] = await run_many(self._client, SHADOW, [(f"{tag}shadow:{decision_id}", values)])
        return bool(answer == 1)

    async def count(self, counts: Mapping[str, int], until: datetime) -> None:
        """Add to what was done, and say up to when."""
        with answering():
            async with self._client.pipeline(transaction=False) as pipe:
                for result, number in counts.items():
                    pipe.hincrby(keys.SHADOW, result, number)
                pipe.hset(keys.SHADOW, "until", until.isoformat())
                await pipe.execute()

    async def counted(self) -> dict[str, str]:
        """What was done, by result, and `until` when; empty where nothing ever ran."""
        with answering():
            found: dict[bytes, bytes] = await self._client.hgetall(keys.SHADOW)
        return {name.decode(): told.decode() for name, told in found.items()}
