"""What the service decides with: one immutable `Knowledge`, replaced whole, and every older one a record may ask for.

Catalogue, policy and flags are read at start; the bundle and the learned snapshot are looked up while it runs. What cannot be
used is refused with a reason in the log, and what was in use stays in use.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.adoption import adopt, check_facts
from api.bundles import BundleSource, Folder, RegistryAwayError, source_of
from api.settings import SettingsError
from api.shelf import Shelf, UnknownVersionError
from api.store import StoreAwayError
from models.bundle import Bundle, BundleError, open_bundle
from models.catalogue import load_catalogue
from models.documents import DocumentError, version_of
from models.domain import Flags, Versions
from models.knowledge import Knowledge, build_knowledge, flags_bytes
from models.learned import Learned, load_learned
from models.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from api.settings import Settings
    from api.store import Store
    from models.policy import Policy

log = logging.getLogger("behoud.knowledge")

CATALOGUE, POLICY, FLAGS, LEARNED = "catalogue.yaml", "policy.yaml", "flags.json", "learned.json"
REMEMBERED = 4
"""Older knowledge kept in memory for replays."""


@dataclass(frozen=True)
class Documents:
    """The bytes the business wrote, and the flags in force."""

    catalogue: bytes
    policy: bytes
    flags: Flags


def read_documents(settings: Settings) -> Documents:
    """Catalogue, policy and flags of the folder BEHOUD_KNOWLEDGE.

    Raises:
        SettingsError: flags that cannot be used.
    """
    folder = settings.knowledge
    path = folder / FLAGS
    flags = Flags()
    if path.is_file():
        try:
            flags = Flags.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"]) or "document"
            raise SettingsError(f"{path}: {place}: {first['msg']}; mend it or remove the file") from None
    if settings.propensity is not None:
        flags = flags.model_copy(update={"propensity": settings.propensity})
    return Documents((folder / CATALOGUE).read_bytes(), (folder / POLICY).read_bytes(), flags)


def build(documents: Documents) -> Knowledge:
    """Knowledge without a bundle.

    Raises:
        DocumentError: naming file, line, key and remedy.
    """
    catalogue, policy = load_catalogue(documents.catalogue, CATALOGUE), load_policy(documents.policy, POLICY)
    return build_knowledge(catalogue, policy, flags=documents.flags)


class Library:
    """`current` decides; `of` finds what decided before. A request takes `current` once and keeps it."""

    def __init__(self, knowledge: Knowledge, shelf: Shelf, store: Store, source: BundleSource | None) -> None:
        self.current = knowledge
        self._shelf = shelf
        self._store = store
        self._source = source
        self._token: str | None = None
        self._learned: bytes | None = None
        self._older: OrderedDict[Versions, Knowledge] = OrderedDict()

    # --- looking for newer ------------------------------------------------------------------------------------------

    async def look_for_bundle(self) -> None:
        """Use the bundle the source names now, if it is another one and opens."""
        if self._source is None:
            return
        try:
            token = await asyncio.to_thread(self._source.token)
            if token == self._token:
                return
            files = await asyncio.to_thread(self._source.files)
            bundle = await asyncio.to_thread(adopt, files, self.current.policy)
        except (BundleError, RegistryAwayError, OSError) as error:
            log.warning("bundle not used", extra={"why": str(error), "kept": self.current.versions.bundle})
            return
        if not await self._kept(bundle.version, files, last=True):
            return
        self._token = token
        self.current = self.current.with_(bundle=bundle)
        log.info("bundle in use", extra={"version": bundle.version, "token": token})

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
        except StoreAwayError:
            return
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

    # --- finding older ----------------------------------------------------------------------------------------------

    async def of(self, versions: Versions) -> Knowledge:
        """The knowledge with these versions.

        Raises:
            UnknownVersionError: a document that was not kept, or is not what its name says.
        """
        wanted = versions.model_copy(update={"code": self.current.versions.code})
        if wanted == self.current.versions:
            return self.current
        if wanted in self._older:
            self._older.move_to_end(wanted)
            return self._older[wanted]
        found = await self._rebuilt(wanted)
        self._older[wanted] = found
        while len(self._older) > REMEMBERED:
            self._older.popitem(last=False)
        return found

    async def _rebuilt(self, versions: Versions) -> Knowledge:
        base = await self._written(versions)
        bundle = None if versions.bundle is None else await self._bundle(versions.bundle, base.policy)
        learned = Learned() if versions.learned is None else await self._snapshot(versions.learned)
        flags = Flags.model_validate_json(await self._one(versions.flags, FLAGS))
        return base.with_(bundle=bundle, learned=learned, flags=flags)

    async def _written(self, versions: Versions) -> Knowledge:
        """Something with the right catalogue and policy: compiling them is what takes time."""
        for known in (self.current, *self._older.values()):
            if (known.versions.catalogue, known.versions.policy) == (versions.catalogue, versions.policy):
                return known
        catalogue = await self._one(versions.catalogue, CATALOGUE)
        policy = await self._one(versions.policy, POLICY)
        try:
            return await asyncio.to_thread(build, Documents(catalogue, policy, Flags()))
        except DocumentError as error:
            raise UnknownVersionError(f"kept by an older version of the software: {error}") from error

    async def _bundle(self, version: str, policy: Policy) -> Bundle:
        bundle = self.current.bundle
        try:
            if bundle is None or bundle.version != version:
                bundle = await asyncio.to_thread(open_bundle, await self._shelf.fetch(version))
            check_facts(bundle, policy)
        except BundleError as error:
            raise UnknownVersionError(f"{version}: {error}") from error
        if bundle.version != version:
            raise UnknownVersionError(f"what is kept as {version} is {bundle.version}")
        return bundle

    async def _snapshot(self, version: str) -> Learned:
        return load_learned(await self._one(version, LEARNED))

    async def _one(self, version: str, name: str) -> bytes:
        data = (await self._shelf.fetch(version)).get(name, b"")
        if version_of(data) != version:
            raise UnknownVersionError(f"what is kept as {version} has other bytes")
        return data


async def open_library(
    settings: Settings, documents: Documents, knowledge: Knowledge, store: Store
) -> Library:
    """Knowledge to start with: the documents, the bundle that is there, the learned snapshot.

    Raises:
        SettingsError: the bundle that was named cannot be used.
    """
    shelf = Shelf(settings.var / "shelf", store)
    shelf.keep(knowledge.versions.catalogue, {CATALOGUE: documents.catalogue})
    shelf.keep(knowledge.versions.policy, {POLICY: documents.policy})
    shelf.keep(knowledge.versions.flags, {FLAGS: flags_bytes(documents.flags)})
    source = source_of(settings.bundle, settings.mlflow)
    if isinstance(source, Folder):
        await asyncio.to_thread(check_folder, source, knowledge.policy)
    library = Library(knowledge, shelf, store, source)
    await library.look_for_bundle()
    if source is not None and library.current.bundle is None:
        await library.take_last_bundle()
    await library.look_for_learned()
    await library.send_shelf()
    return library


def check_folder(source: Folder, policy: Policy) -> None:
    """Raises SettingsError when the folder that was named holds no bundle that can be used with this policy."""
    try:
        adopt(source.files(), policy)
    except (BundleError, OSError) as error:
        raise SettingsError(f"BEHOUD_BUNDLE: {error}") from None


async def keep_looking(every: float, look: Callable[[], Awaitable[None]]) -> None:
    """Call `look` every so many seconds, until cancelled."""
    while True:
        await asyncio.sleep(every)
        await look()


def report_end(task: asyncio.Task[None]) -> None:
    """Say aloud that nobody looks any more: a search that ends by itself has found a fault of ours."""
    if not task.cancelled():
        log.error("nobody looks for newer knowledge any more", exc_info=task.exception())
