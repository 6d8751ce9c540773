"""What people have gone back from, and to: told to every replica through Redis, and kept on disk for a start without it.

Going back outlasts a restart. Only people end it: a source that names what was gone back from does not bring it back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import AwareDatetime, Field, ValidationError

from api.connection import StoreAwayError
from models.domain import Noun, Word

if TYPE_CHECKING:
    from pathlib import Path

    from api.store import Store

log = logging.getLogger("behoud.pins")

Part = Literal["bundle", "documents", "learned"]
PARTS: tuple[Part, ...] = get_args(Part)


class Pin(Noun):
    """`use` decides while the source names one of `refused`; with `hold` whatever it names."""

    use: Word
    refused: tuple[Word, ...]
    hold: bool
    by: str
    at: AwareDatetime

    def bars(self, version: str) -> bool:
        """Whether this version may not be used."""
        return version != self.use and (self.hold or version in self.refused)


class Pins(Noun):
    """All of them. `sequence` grows with every change, so that clocks need not agree."""

    sequence: int = Field(default=0, ge=0)
    parts: dict[Part, Pin] = Field(default_factory=dict)


class PinBoard:
    """`current` is what was seen last, in Redis or in `file`; `sent` whether Redis knows it too."""

    def __init__(self, file: Path, store: Store) -> None:
        self._file, self._store = file, store
        self.current = Pins()
        self.sent = True

    def bars(self, part: Part, version: str) -> bool:
        """Whether people have gone back from this version of the part."""
        pin = self.current.parts.get(part)
        return pin is not None and pin.bars(version)

    async def look(self) -> None:
        """What Redis says, unless something was changed here that it has not been told; what this disk says while it is away."""
        kept = await asyncio.to_thread(self._kept)
        if kept.sequence > self.current.sequence:
            self.current = kept
        try:
            data = await self._store.rolled_back()
            found = Pins() if data is None else _read(data, "the store")
            if found.sequence >= self.current.sequence and found != self.current:
                self.current = found
                await asyncio.to_thread(self._keep)
            elif found != self.current:
                await self._store.roll_back(self.current.model_dump_json().encode())
            self.sent = True
        except StoreAwayError:
            self.sent = False

    async def put(self, parts: dict[Part, Pin]) -> bool:
        """From now on these. Whether the other replicas are told already; else they are when Redis is back."""
        self.current = Pins(sequence=self.current.sequence + 1, parts=parts)
        await asyncio.to_thread(self._keep)
        await self.look()
        return self.sent

    def _kept(self) -> Pins:
        try:
            return _read(self._file.read_bytes(), str(self._file))
        except OSError:
            return Pins()

    def _keep(self) -> None:
        fresh = self._file.with_name(f".{secrets.token_hex(8)}")
        try:
            with fresh.open("wb") as file:
                file.write(self.current.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._file)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            log.error("rolled back, and not kept on this disk", extra={"why": str(error)})  # noqa: TRY400  the reason is the message


def _read(data: bytes, where: str) -> Pins:
    try:
        return Pins.model_validate_json(data)
    except ValidationError as error:
        log.warning("unreadable", extra={"where": where, "why": str(error.errors(include_url=False)[0])})
        return Pins()
