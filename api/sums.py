"""What is summed over all partitions, each sum in one round trip: stock that was taken, the journal, and what a day's exploring has cost."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api import keys
from api.appending import DAY
from api.connection import answering
from models.domain import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


class Sums:
    """`client` is the store's, which says why its answers are Any."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def taken(self) -> Counter[str]:
        """How often each action of limited stock was taken."""
        total: Counter[str] = Counter()
        for counts in await self._each(lambda pipe, number: pipe.hgetall(keys.stock(number))):
            total.update({name.decode(): int(count) for name, count in counts.items()})
        return total

    async def journal(self) -> int:
        """Entries of the journal that no archive has taken out yet."""
        return sum(await self._each(lambda pipe, number: pipe.xlen(keys.journal(number))))

    async def given_up(self, day: date) -> int:
        """The cents given up that day by exploring."""
        found = await self._each(lambda pipe, number: pipe.hget(keys.explored(number, day), ""))
        return sum(int(cents) for cents in found if cents is not None)

    async def spent(self, day: date, most: float, seen: datetime) -> datetime:
        """When the euros of a day were given up: by whoever `seen` it first."""
        key = keys.spent(day, most)
        with answering():
            await self._client.set(key, seen.isoformat(), nx=True, ex=2 * DAY)
            found: bytes | None = await self._client.get(key)
        return seen if found is None else datetime.fromisoformat(found.decode())

    async def _each(self, ask: Callable[[Any, int], object]) -> list[Any]:
        """The answer of every partition."""
        with answering():
            async with self._client.pipeline(transaction=False) as pipe:
                for number in range(PARTITIONS):
                    ask(pipe, number)
                found: list[Any] = await pipe.execute()
        return found
