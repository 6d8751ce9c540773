"""What a machine has kept on its disk: documents by version, and which of them were in use. Written whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REMEMBERED = 20
"""Versions of a part that were in use and can be gone back to by saying 'the one before'."""
STEP = 500
"""Documents looked at on end where there may be millions."""


class Kept:
    """Documents by version, in `folder`. A document is a set of named files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, version: str, documents: Mapping[str, bytes]) -> None:
        """Put a document on disk; one that is there is as good as new.

        Raises:
            OSError: the disk does not take it.
        """
        if self.on_disk(version) != dict(documents):
            self._put(version, documents)
            return
        with suppress(OSError):  # a disk that can only be read forgets nothing either
            os.utime(self._place(version))

    def forget(self, file: str, before: float, part: str) -> Iterator[int]:
        """Take away what has one file of this name and was kept last before this moment, seconds since 1970, unless it is remembered for the part.

        Some hundreds are looked at for each step: how many of them are gone. Raises OSError where the folder cannot be read.
        """
        spared = {self._place(version).name for version in self.used(part)}
        with os.scandir(self._folder) as places:
            while some := list(islice(places, STEP)):
                old = [Path(place) for place in some if place.name not in spared and _is_old(place, before)]
                gone = [place for place in old if [path.name for path in place.iterdir()] == [file]]
                for place in gone:
                    shutil.rmtree(place, ignore_errors=True)
                yield len(gone)

    def _put(self, version: str, documents: Mapping[str, bytes]) -> None:
        """Whole or not at all, also when the power goes; in place of what a bad disk has made of it."""
        place, fresh, old = self._place(version), self._crumb(), self._crumb()
        try:
            fresh.mkdir()
            for name, data in documents.items():
                _write(fresh / name, data)
            if place.exists():
                place.rename(old)
            fresh.rename(place)
        except OSError:
            if self.on_disk(version) != dict(documents):  # else another worker was first, with the same bytes
                raise
        finally:
            for crumb in (fresh, old):
                shutil.rmtree(crumb, ignore_errors=True)

    def on_disk(self, version: str) -> dict[str, bytes]:
        """The files of a version this machine has and can read; none otherwise."""
        try:
            return {path.name: path.read_bytes() for path in sorted(self._place(version).iterdir())}
        except OSError:
            return {}

    def remember(self, part: str, version: str) -> None:
        """Say that this version of the part came into use: the one to start with when its source is away, or to go back to.

        Raises:
            OSError: the disk does not take it.
        """
        before = self.used(part)
        if before[:1] == [version]:
            return
        names = [version, *(name for name in before if name != version)][:REMEMBERED]
        fresh = self._crumb()
        try:
            _write(fresh, "\n".join(names).encode())
            fresh.replace(self._folder / f"last-{part}")
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    def used(self, part: str) -> list[str]:
        """The versions of the part that were in use on this machine, the latest first."""
        path = self._folder / f"last-{part}"
        return path.read_text().split() if path.is_file() else []

    def _crumb(self) -> Path:
        return self._folder / f".{secrets.token_hex(8)}"

    def _place(self, version: str) -> Path:
        return self._folder / re.sub(r"[^\w-]", "-", version)


def _is_old(place: os.DirEntry[str], before: float) -> bool:
    return not place.name.startswith(".") and place.is_dir() and place.stat().st_mtime < before


def _write(path: Path, data: bytes) -> None:
    """On the disk itself when it returns."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
