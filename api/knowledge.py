"""What the service decides with: one immutable `Knowledge`, replaced whole when a part of it is.

Catalogue, policy, law packs and flags, the bundle and the learned snapshot are looked up while it runs. What cannot be used is refused
with a reason in the log, and what was in use stays in use.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from api.beside import Beside
from api.bundles import BundleSource, RegistryAwayError
from api.connection import StoreAwayError
from api.documents import Documents, build_all, ended, parts_of
from api.flags import Fits, Flagging
from api.older import LEARNED, Older
from api.settings import SettingsError
from api.shelf import Shelf
from api.watch import Watch
from models.adoption import adopt, check_facts
from models.bundle import BundleError
from models.decision import CHAMPION
from models.documents import DocumentError
from models.domain import USUAL
from models.knowledge import Knowledge
from models.learned import load_learned
from models.response import Experiment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from api.flag_file import FlagFile
    from api.store import Store
    from models.bundle import Bundle
    from models.response import Versions

log = logging.getLogger("behoud.knowledge")


class Library:
    """`current` decides; `of` finds what decided before. A request takes `current` once and keeps it.

    `refused` says why the documents in the folder are not in use; empty when they are. `learned_until`: up to when the learner had counted
    everything; None where none ever ran.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        shelf: Shelf,
        store: Store,
        source: BundleSource | None,
        watch: Watch,
        flagging: Callable[[Documents, Fits], Flagging | None],
    ) -> None:
        self._flagging = flagging
        self.current = knowledge
        self.refused = ""
        self.learned_until: datetime | None = None
        self._shelf = shelf
        self._store = store
        self._source = source
        self._watch = watch
        self._tokens: dict[str, str] = {}
        self._learned: bytes | None = None
        self._ended: list[str] = []
        self._older = Older(shelf)
        self.beside = Beside(shelf)
        self.flagging: Flagging | None = None
        """Who is asked for each customer's flags; None where all have those of `current`."""
        self.rules: FlagFile | None = None

    async def assigned(self, customer_id: str) -> tuple[Knowledge, Experiment, tuple[str, ...]]:
        """What is in use with the customer's own flags, the arms he is in, and what of it is missing.

        Who is left out of proposals is in no other experiment.
        """
        holdout = self.current.policy.experiments.holdout
        if self.flagging is None or (holdout is not None and holdout.of(customer_id) is not None):
            return self.current, CHAMPION, ()
        found = await self.flagging.of(customer_id)
        knowledge = await self.beside.of(found.flags, self.current)
        if knowledge is None:
            return self.current, CHAMPION, ("flags",)
        return knowledge, Experiment(policy=found.flags.policy, arms=dict(found.arms)), found.lost

    def fits(self, name: str, flags: Mapping[str, Any]) -> bool:
        """Whether there is what this one of the flags names."""
        return self.beside.fits(name, flags, self.current)

    def flag_by(self, documents: Documents) -> None:
        """Ask the provider of the settings, or the file's own rules, from now on.

        Raises:
            SettingsError: a provider that cannot be made.
        """
        old, self.flagging = self.flagging, self._flagging(documents, self.fits)
        self.rules = documents.rules
        if old is not None:
            old.close()

    @property
    def provider(self) -> str:
        """Whose flags they are."""
        return "flags.json" if self.flagging is None else self.flagging.provider

    def close(self) -> None:
        if self.flagging is not None:
            self.flagging.close()

    async def of(self, versions: Versions) -> Knowledge:
        """The knowledge with these versions.

        Raises:
            UnknownVersionError: a document that was not kept, or is not what its name says.
        """
        return await self._older.of(versions, (self.current, *self.beside.known()))

    async def look_for_documents(self, now: datetime) -> None:
        """Use catalogue, policy, law packs and flags as they are in the folder now, if they are others and can be used."""
        self._warn(now)
        try:
            documents = await asyncio.to_thread(self._watch.changed)
            if documents is None:
                return
            fresh, others = await asyncio.to_thread(build_all, documents, now)
            if not await self._kept_all(fresh, others, documents):
                self._watch.again()
                return
            self._use(fresh, self.current.bundle)
            self.stand_beside(others, documents)
            self.flag_by(documents)
        except (DocumentError, BundleError, SettingsError, OSError) as error:
            if str(error) != self.refused:
                self.refused = str(error)
                log.error("documents refused, the old ones stay", extra={"why": self.refused})  # noqa: TRY400  the reason is the message

    def stand_beside(self, policies: Mapping[str, Knowledge], documents: Documents) -> None:
        """For whom flags say so, these policies from now on, and the bundles that the rules name once they are found."""
        wanted = () if documents.rules is None else documents.rules.aliases
        self.beside.use(policies, wanted, self.current.policy)
        there = {USUAL, *self.beside.bundles}
        self._tokens = {alias: token for alias, token in self._tokens.items() if alias in there}

    def _use(self, fresh: Knowledge, bundle: Bundle | None) -> None:
        """From the next request on; one under way keeps what it took.

        Raises:
            BundleError: the bundle in use learned facts this policy declares otherwise.
        """
        if bundle is not None:
            check_facts(bundle, fresh.policy)
        old = self.current
        self.current = fresh.with_(bundle=bundle, learned=old.learned)
        self._older.remember(old)
        self._store.keeping = fresh.policy.keeping
        self.refused = ""
        before, after = old.versions.model_dump(), self.current.versions.model_dump()
        changed = {
            name: {"from": before[name], "to": after[name]} for name in after if after[name] != before[name]
        }
        log.info("documents in use", extra={"changed": changed})

    def _warn(self, now: datetime) -> None:
        """A law pack that ends while the service runs is not taken away from it: that is said, once."""
        found = [str(problem) for problem in ended(self.current.policy, now)]
        if found != self._ended:
            self._ended = found
            for why in found:
                log.warning("a law pack in force has expired", extra={"why": why})

    async def _kept_all(
        self, fresh: Knowledge, others: Mapping[str, Knowledge], documents: Documents
    ) -> bool:
        """Whether the shelf has every document."""
        parts = parts_of(fresh, others, documents)
        return all([await self._kept(version, files) for version, files in parts.items()])

    async def look_for_bundle(self) -> None:
        """Use the bundles the source names now, the usual one and those that flags name, if they are others and open."""
        if self._source is None:
            return
        await self._look_for(USUAL, self._source)
        for alias in sorted(self.beside.wanted):
            await self._look_for(alias, self._source.beside(alias))

    async def _look_for(self, alias: str, source: BundleSource) -> None:
        try:
            token = await asyncio.to_thread(source.token)
            if token == self._tokens.get(alias):
                return
            files = await asyncio.to_thread(source.files)
            bundle = await asyncio.to_thread(adopt, files, self.current.policy)
        except (BundleError, RegistryAwayError, OSError) as error:
            self._not_used(alias, error)
            return
        if not await self._kept(bundle.version, files, last=alias == USUAL):
            return
        self._tokens[alias] = token
        try:
            check_facts(bundle, self.current.policy)  # which may be another one by now
        except BundleError as error:
            self._not_used(alias, error)
            return
        if alias == USUAL:
            self.current = self.current.with_(bundle=bundle)
        else:
            self.beside.take(alias, bundle)
        log.info("bundle in use", extra={"alias": alias, "version": bundle.version, "token": token})

    def _not_used(self, alias: str, error: Exception) -> None:
        old = self.current.bundle if alias == USUAL else self.beside.bundles.get(alias)
        kept = None if old is None else old.version
        log.warning("bundle not used", extra={"alias": alias, "why": str(error), "kept": kept})

    async def take_last_bundle(self) -> None:
        """At a cold start without the registry: the bundle that was used last, if this machine has it."""
        version = await asyncio.to_thread(self._shelf.last)
        if version is None:
            return
        try:
            files = await asyncio.to_thread(self._shelf.on_disk, version)
            bundle = await asyncio.to_thread(adopt, files, self.current.policy)
        except (BundleError, OSError) as error:
            log.warning("last bundle not used", extra={"why": str(error)})
            return
        self.current = self.current.with_(bundle=bundle)
        log.warning("last bundle in use", extra={"version": version})

    async def look_for_learned(self) -> None:
        """Use the learned snapshot Redis holds now, if it is another one and makes sense."""
        try:
            data = await self._store.learned()
            beat = await self._store.learned_until()
        except StoreAwayError:
            return
        self.learned_until = None if beat is None else _moment(beat) or self.learned_until
        if data is None or data == self._learned:
            return
        try:
            learned = load_learned(data)
        except ValidationError as error:
            self._learned = data
            log.warning("learned snapshot not used", extra={"why": str(error.errors(include_url=False)[0])})
            return
        if not await self._kept(learned.version, {LEARNED: data}):
            return
        self._learned = data
        self.current = self.current.with_(learned=learned)

    async def _kept(self, version: str, files: Mapping[str, bytes], *, last: bool = False) -> bool:
        """Whether the shelf has it now: what cannot be kept is not used, for its decisions could not be replayed."""
        try:
            await asyncio.to_thread(self._shelf.keep, version, files)
            if last:
                await asyncio.to_thread(self._shelf.remember_last, version)
        except OSError as error:
            log.error("not kept, not used", extra={"version": version, "why": str(error)})  # noqa: TRY400  the reason is the message
            return False
        return True

    async def send_shelf(self) -> None:
        await self._shelf.send()


def _moment(beat: bytes) -> datetime | None:
    """None where that is no moment with its offset: then the last one known grows old, which the alarm is for."""
    try:
        found = datetime.fromisoformat(beat.decode())
    except ValueError:
        return None
    return None if found.tzinfo is None else found


async def keep_looking(every: float, look: Callable[[], Awaitable[None]]) -> None:
    """Call `look` every so many seconds, until cancelled."""
    while True:
        await asyncio.sleep(every)
        await look()


def report_end(task: asyncio.Task[None]) -> None:
    """Say aloud that nobody looks any more: a search that ends by itself has found a fault of ours."""
    if not task.cancelled():
        log.error("nobody looks for newer knowledge any more", exc_info=task.exception())
