"""Every catalogue, policy, bundle, learned snapshot and set of flags that ever decided, kept by the hash of its bytes.

On disk for this machine, in Redis for the other replicas. A document is a set of named files; a bundle has several, the others one.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from typing import TYPE_CHECKING

from api.connection import StoreAwayError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from api.store import Store

log = logging.getLogger("behoud.shelf")


class UnknownVersionError(LookupError):
    """Neither this machine nor Redis has kept that version."""


class Shelf:
    """Documents by version, in `folder` and in Redis."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder = folder
        self._store = store
        self._unsent: dict[str, Mapping[str, bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, version: str, documents: Mapping[str, bytes]) -> None:
        """Put a document on disk, and remember to send it to Redis.

        Raises:
            OSError: the disk does not take it.
        """
        place = self._place(version)
        if not place.is_dir():
            fresh = self._folder / f".{secrets.token_hex(8)}"
            try:
                fresh.mkdir()
                for name, data in documents.items():
                    (fresh / name).write_bytes(data)
                fresh.rename(place)
            except OSError:
                shutil.rmtree(fresh, ignore_errors=True)
                if not place.is_dir():  # else another worker was first, with the same bytes
                    raise
        self._unsent[version] = documents

    async def send(self) -> None:
        """Give Redis what it has not got; what does not go through is tried again next time."""
        for version, documents in list(self._unsent.items()):
            try:
                await self._store.shelve(version, documents)
            except StoreAwayError as error:
                log.warning("not shelved in the store", extra={"version": version, "why": str(error)})
                return
            self._unsent.pop(version, None)

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

    def on_disk(self, version: str) -> dict[str, bytes]:
        """The files of a version this machine has; none otherwise."""
        place = self._place(version)
        if not place.is_dir():
            return {}
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())}

    def remember_last(self, version: str) -> None:
        """Name the bundle to start with when the registry is away.

        Raises:
            OSError: the disk does not take it.
        """
        fresh = self._folder / f".{secrets.token_hex(8)}"
        try:
            fresh.write_text(version)
            fresh.replace(self._folder / "last-bundle")
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    def last(self) -> str | None:
        path = self._folder / "last-bundle"
        return path.read_text() if path.is_file() else None

    def _place(self, version: str) -> Path:
        return self._folder / version.replace(":", "-").replace("/", "-")
