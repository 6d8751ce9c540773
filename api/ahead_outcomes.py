"""Where outcomes wait that came ahead of their decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api import keys
from api.connection import answering, confirmed_answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST: Final = 10_000
"""Of more nobody keeps track; some more when several processes are told at once."""
PAGE: Final = 100
"""About so many are looked at together, so that no answer waits for long while they are."""


class FullError(RuntimeError):
    """So many wait already that no more can."""


class AheadOutcomes:
    """A hash of outcomes by name; `client` is the store's, which says why its answers are Any."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._cursor = 0

    async def wait(self, outcomes: Mapping[str, bytes]) -> None:
        """Keep outcomes, by name, until their decision is there; one that waits already stays as it is.

        Raises:
            FullError: none of them was kept.
            StoreAwayError: some of them may have been.
        """

        async def send(node: Any, _: Sequence[int]) -> list[Any]:
            async with node.pipeline(transaction=False) as pipe:
                for name, told in outcomes.items():
                    pipe.hsetnx(keys.WAITING, name, told)
                return [await confirmed_answers(node, pipe, keys.WAITING)]

        with answering():
            number: int = await self._client.hlen(keys.WAITING)
            if number + len(outcomes) > MOST:
                raise FullError(f"{number} outcomes wait")
            await self._client.spread([keys.WAITING], send)

    async def some(self) -> tuple[int, dict[str, bytes]]:
        """How many wait, and the next of them by name: whoever goes on asking sees all."""
        with answering():
            number: int = await self._client.hlen(keys.WAITING)
            found: dict[bytes, bytes] = {}
            if number:
                self._cursor, found = await self._client.hscan(keys.WAITING, self._cursor, count=PAGE)
        return number, {name.decode(): told for name, told in found.items()}

    async def wait_no_more(self, names: Sequence[str]) -> list[bool]:
        """Let go of these; which of them were still there."""
        with answering():
            async with self._client.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.hdel(keys.WAITING, name)
                found: list[int] = await pipe.execute()
        return [number == 1 for number in found]
