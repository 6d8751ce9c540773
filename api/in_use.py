"""What decides now: one immutable `Knowledge`, replaced whole when a part of it is. What replaces it is put together in a thread."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from api.beside import Beside
from api.documents import parts_of
from api.kept_documents import files_of_all, version_of_all
from api.older import Older
from models.adoption import check_fits
from models.decision import CHAMPION
from models.domain import USUAL
from models.response import Experiment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.documents import Documents
    from api.flag_file import FlagFile
    from api.flags import Fits, Flagging
    from api.pins import PinBoard
    from api.shelf import Shelf
    from api.store import Store
    from models.bundle import Bundle
    from models.knowledge import Knowledge
    from models.learned import Learned
    from models.response import Versions

log = logging.getLogger("behoud.knowledge")


class InUse:
    """`current` decides; `of` finds what decided before. A request takes `current` once and keeps it.

    `documents` names those in use as one; `board` says what people have gone back from. `stays`: for each part that is not what
    its source says now, why not; empty when all is well.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        documents: str,
        shelf: Shelf,
        store: Store,
        flagging: Callable[[Documents, Fits], Flagging | None],
        board: PinBoard,
    ) -> None:
        self.current = knowledge
        self.documents = documents
        self.stays: dict[str, str] = {}
        self.board = board
        self.shelf = shelf
        self.store = store
        self.beside = Beside(shelf)
        self.flagging: Flagging | None = None
        """Who is asked for each customer's flags; None where all have those of `current`."""
        self.rules: FlagFile | None = None
        self._flagging = flagging
        self._swapping = asyncio.Lock()
        self._older = Older(shelf)

    async def assigned(
        self, customer_id: str, current: Knowledge
    ) -> tuple[Knowledge, Experiment, tuple[str, ...]]:
        """What the request took with the customer's own flags, the arms he is in, and what of it is missing.

        Who is left out of proposals is in no other experiment.
        """
        holdout = current.policy.experiments.holdout
        if self.flagging is None or (holdout is not None and holdout.of(customer_id) is not None):
            return current, CHAMPION, ()
        found = await self.flagging.of(customer_id)
        knowledge = await self.beside.of(found.flags, current)
        if knowledge is None:
            return current, CHAMPION, ("flags",)
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

    async def use_documents(
        self, documents: Documents, fresh: Knowledge, others: Mapping[str, Knowledge]
    ) -> bool:
        """From the next request on; one under way keeps what it took. Whether the disk has kept them: else they are not used.

        Raises:
            BundleError: the bundle in use learned facts this policy declares otherwise.
            SettingsError: a provider of flags that cannot be made.
        """
        version = version_of_all(documents)
        parts = {**parts_of(fresh, others, documents), version: files_of_all(documents)}
        if not all([await self.kept(name, files) for name, files in parts.items()]):
            return False
        async with self._swapping:
            old = self.current
            if old.bundle is not None:
                check_fits(old.bundle, fresh)
            made = await asyncio.to_thread(partial(fresh.with_, bundle=old.bundle, learned=old.learned))
            self.flag_by(documents)
            self.current, self.documents = made, version
        self._older.remember(old)
        self.store.keeping = fresh.policy.keeping
        self.stand_beside(others, documents)
        await self.remember("documents", version)
        self.stays.pop("documents", None)
        before, after = old.versions.model_dump(), made.versions.model_dump()
        changed = {
            name: {"from": before[name], "to": after[name]} for name in after if after[name] != before[name]
        }
        log.info("documents in use", extra={"changed": changed})
        return True

    def stand_beside(self, policies: Mapping[str, Knowledge], documents: Documents) -> None:
        """For whom flags say so, these policies from now on, and the bundles that the rules name once they are found."""
        wanted = () if documents.rules is None else documents.rules.aliases
        self.beside.use(policies, wanted, self.current.policy)

    async def use_bundle(self, bundle: Bundle, alias: str = USUAL) -> None:
        """From the next request on.

        Raises:
            BundleError: it learned facts that the policy in use declares otherwise.
        """
        async with self._swapping:
            check_fits(bundle, self.current)  # which may be another one by now
            if alias == USUAL:
                self.current = await asyncio.to_thread(partial(self.current.with_, bundle=bundle))
            else:
                self.beside.take(alias, bundle)
        if alias == USUAL:
            await self.remember("bundle", bundle.version)
        log.info("bundle in use", extra={"alias": alias, "version": bundle.version})

    async def use_learned(self, learned: Learned) -> None:
        """From the next request on."""
        async with self._swapping:
            self.current = await asyncio.to_thread(partial(self.current.with_, learned=learned))
        if learned.version:
            await self.remember("learned", learned.version)
        self.stays.pop("learned", None)

    def stay(self, part: str, why: str, level: int = logging.ERROR) -> None:
        """What was in use stays in use: said once for each reason."""
        if self.stays.get(part) != why:
            self.stays[part] = why
            log.log(level, "%s refused, the old ones stay", part, extra={"why": why})

    async def kept(self, version: str, files: Mapping[str, bytes]) -> bool:
        """Whether the shelf has it now: what cannot be kept is not used, for its decisions could not be replayed."""
        try:
            await asyncio.to_thread(self.shelf.keep, version, files)
        except OSError as error:
            log.error("not kept, not used", extra={"version": version, "why": str(error)})  # noqa: TRY400  the reason is the message
            return False
        return True

    async def remember(self, part: str, version: str) -> None:
        try:
            await asyncio.to_thread(self.shelf.remember, part, version)
        except OSError as error:
            log.error("in use, and not to be started with", extra={"version": version, "why": str(error)})  # noqa: TRY400  as above
