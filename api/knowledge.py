"""Where what decides comes from.

Catalogue, policy, law packs and flags, the bundle and the learned snapshot are looked up while it runs. What cannot be used is refused
with a reason in the log, and what was in use stays in use.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from api.bundles import BundleSource, RegistryAwayError
from api.connection import StoreAwayError
from api.documents import build_all, ended
from api.in_use import InUse
from api.kept_documents import version_of_all
from api.settings import SettingsError
from api.shelf import LEARNED, UnknownVersionError
from api.watch import Watch
from models.adoption import adopt
from models.bundle import BundleError
from models.documents import DocumentError, version_of
from models.domain import USUAL
from models.learned import load_learned

log = logging.getLogger("behoud.knowledge")

SNAPSHOT_SECONDS = 3600.0
"""Between two looks at which learned snapshots are needed: much less than they are kept for longer than decisions."""
GONE_BACK = "somebody went back from it; POST /v1/admin/resume takes it again"
AWAY = "the store is away; the last snapshot of this machine is in use"


class Library(InUse):
    """What is in use, and the sources that are looked at for newer.

    `learned_until`: up to when the learner had counted everything; None where none ever ran. `looked`: when the source of bundles
    was last looked at, seconds since 1970.
    """

    def __init__(self, source: BundleSource | None, watch: Watch, *in_use: Any) -> None:
        super().__init__(*in_use)
        self.learned_until: datetime | None = None
        self.looked = math.nan
        self._source = source
        self._watch = watch
        self._tokens: dict[str, str] = {}
        self._learned: bytes | None = None
        self._ended: list[str] = []

    @property
    def refused(self) -> str:
        """Why the documents in the folder are not in use; empty when they are."""
        return self.stays.get("documents", "")

    # --- documents --------------------------------------------------------------------------------------------------

    async def look_for_documents(self, now: datetime) -> None:
        """Use catalogue, policy, law packs and flags as they are in the folder now, if they are others and can be used."""
        self._warn(now)
        try:
            documents = await asyncio.to_thread(self._watch.changed)
            if documents is None:
                return
            if self.board.bars("documents", version_of_all(documents)):
                self.stay("documents", GONE_BACK, level=logging.WARNING)
                return
            fresh, others = await asyncio.to_thread(build_all, documents, now)
            if not await self.use_documents(documents, fresh, others):
                self._watch.again()
        except (DocumentError, BundleError, SettingsError, OSError) as error:
            self.stay("documents", str(error))

    def _warn(self, now: datetime) -> None:
        """A law pack that ends while the service runs is not taken away from it: that is said, once."""
        found = [str(problem) for problem in ended(self.current.policy, now)]
        if found != self._ended:
            self._ended = found
            for why in found:
                log.warning("a law pack in force has expired", extra={"why": why})

    # --- bundles ----------------------------------------------------------------------------------------------------

    async def look_for_bundle(self) -> None:
        """Use the bundles the source names now, the usual one and those that flags name, if they are others and open."""
        if self._source is None:
            return
        there = {USUAL, *self.beside.bundles}
        self._tokens = {alias: token for alias, token in self._tokens.items() if alias in there}
        await self._look_for(USUAL, self._source)
        for alias in sorted(self.beside.wanted):
            await self._look_for(alias, self._source.beside(alias))
        self.looked = time.time()

    async def _look_for(self, alias: str, source: BundleSource) -> None:
        part = "bundle" if alias == USUAL else f"bundle@{alias}"
        try:
            token = await asyncio.to_thread(source.token)
            if token == self._tokens.get(alias):
                if self.stays.get(part) != GONE_BACK:
                    self.stays.pop(part, None)
                return
            files = await asyncio.to_thread(source.files)
            bundle = await asyncio.to_thread(adopt, files, self.current)
            if not await self.kept(bundle.version, files):
                return
            if alias == USUAL and self.board.bars("bundle", bundle.version):
                self.stay(part, GONE_BACK, level=logging.WARNING)
            else:
                await self.use_bundle(bundle, alias)
                self.stays.pop(part, None)
            self._tokens[alias] = token
        except (BundleError, RegistryAwayError, OSError) as error:
            self.stay(part, str(error))

    async def take_last_bundle(self) -> None:
        """At a cold start without the source: the bundle that was used last, if this machine has it, else the one before."""
        used = await asyncio.to_thread(self.shelf.used, "bundle")
        for version in (name for name in used if not self.board.bars("bundle", name)):
            try:
                files = await asyncio.to_thread(self.shelf.on_disk, version)
                await self.use_bundle(await asyncio.to_thread(adopt, files, self.current))
            except BundleError as error:
                log.warning("last bundle not used", extra={"version": version, "why": str(error)})
            else:
                log.warning("last bundle in use", extra={"version": version})
                return

    # --- what was learned from outcomes ---------------------------------------------------------------------------------

    async def look_for_learned(self) -> bool:
        """Use the learned snapshot Redis holds now, if it is another one and makes sense. Whether Redis answered."""
        try:
            data = await self.store.learned()
            beat = await self.store.learned_until()
        except StoreAwayError:
            return False
        self.learned_until = None if beat is None else _moment(beat) or self.learned_until
        if self.stays.get("learned") == AWAY:
            del self.stays["learned"]
        if data is None or data == self._learned:
            return True
        try:
            learned = await asyncio.to_thread(load_learned, data)
        except ValidationError as error:
            self._learned = data
            self.stay("learned", str(error.errors(include_url=False)[0]), level=logging.WARNING)
            return True
        if self.board.bars("learned", learned.version):
            self.stay("learned", GONE_BACK, level=logging.WARNING)
        elif await self.kept(learned.version, {LEARNED: data}):
            await self.use_learned(learned)
            self._learned = data
        return True

    async def take_last_learned(self) -> None:
        """At a cold start without the store: the corrections that were used last, if this machine has them."""
        for version in await asyncio.to_thread(self.shelf.used, "learned"):
            data = (await asyncio.to_thread(self.shelf.on_disk, version)).get(LEARNED, b"")
            if version_of(data) == version and not self.board.bars("learned", version):
                await self.use_learned(load_learned(data))
                self.stay("learned", AWAY, level=logging.WARNING)
                return

    async def keep_snapshots(self) -> None:
        """Keep the snapshot in use for as long again, and forget those whose decisions have expired."""
        version = self.current.versions.learned
        try:
            if version is not None:
                files = await self.shelf.fetch(version)
                if (
                    version_of(files.get(LEARNED, b"")) == version
                ):  # else this disk has spoiled it, and Redis has not
                    await self.kept(version, files)
            await self.shelf.forget_snapshots(time.time())
        except (UnknownVersionError, OSError) as error:
            log.warning("snapshots not looked after", extra={"why": str(error)})

    # --- all of them ------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        """Whatever the sources name now is new again."""
        self._tokens.pop(USUAL, None)
        self._learned = None
        self._watch.again()

    async def send_shelf(self) -> None:
        await self.shelf.send()


def _moment(beat: bytes) -> datetime | None:
    """None where that is no moment with its offset: then the last one known grows old, which the alarm is for."""
    try:
        found = datetime.fromisoformat(beat.decode())
    except ValueError:
        return None
    return None if found.tzinfo is None else found
