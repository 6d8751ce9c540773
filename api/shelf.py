"""Every catalogue, policy, bundle, learned snapshot and set of flags that decided, kept by the hash of its bytes.

On disk for this machine, in Redis for the other replicas. A document is a set of named files; a bundle has several, the others one.
Learned snapshots are forgotten with the decisions they made: one may come with every answer of a customer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from api.connection import StoreAwayError
from api.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from api.store import Store

log = logging.getLogger("behoud.shelf")

LEARNED = "learned.json"
"""The one file of a learned snapshot."""
LONGER_DAYS = 7
"""A snapshot is kept longer than decisions: one that waited for the store is recorded, and begins to expire, later than it was made."""
DAY = 86_400
PAUSE = 0.05
"""Seconds between two steps of forgetting, so that it is never in the way."""


class UnknownVersionError(LookupError):
    """Neither this machine nor Redis has kept that version."""


class Shelf(Kept):
    """Documents by version, in `folder` and in Redis."""

    def __init__(self, folder: Path, store: Store) -> None:
        super().__init__(folder)
        self._store = store
        self._unsent: dict[str, Mapping[str, bytes]] = {}

    def keep(self, version: str, documents: Mapping[str, bytes]) -> None:
        """Put a document on disk, and remember to send it to Redis.

        Raises:
            OSError: the disk does not take it.
        """
        super().keep(version, documents)
        self._unsent[version] = documents

    async def send(self) -> None:
        """Give Redis what it has not got; what does not go through is tried again next time."""
        for version, documents in list(self._unsent.items()):
            try:
                await self._store.shelve(version, documents, self._seconds(documents))
            except StoreAwayError as error:
                log.warning("not shelved in the store", extra={"version": version, "why": str(error)})
                return
            self._unsent.pop(version, None)

    def _seconds(self, documents: Mapping[str, bytes]) -> int | None:
        """How long it is kept from now on; None where it is for ever."""
        return (
            (self._store.keeping.decision_days + LONGER_DAYS) * DAY if set(documents) == {LEARNED} else None
        )

    async def forget_snapshots(self, now: float) -> int:
        """Take those from this disk that no kept decision can have used: how many. Redis does it by itself.

        Raises:
            OSError: the folder cannot be read.
        """
        before = now - (self._store.keeping.decision_days + LONGER_DAYS) * DAY
        steps, forgotten = self.forget(LEARNED, before, "learned"), 0
        while (gone := await asyncio.to_thread(next, steps, None)) is not None:
            forgotten += gone
            await asyncio.sleep(PAUSE)
        return forgotten

    async def fetch(self, version: str) -> dict[str, bytes]:
        """The files of a version, from disk or from Redis. Whoever opens them checks their hash.

        Raises:
            UnknownVersionError: it was never kept, or Redis is away and this machine never saw it.
        """
        documents = await asyncio.to_thread(self.on_disk, version)
        if not documents:
            try:
                documents = await self._store.shelved(version)
            except StoreAwayError as error:
                raise UnknownVersionError(
                    f"{version} is not on this machine, and the store is away: {error}"
                ) from None
        if not documents:
            raise UnknownVersionError(f"{version} was not kept")
        return documents
