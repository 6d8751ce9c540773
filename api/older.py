"""Every knowledge that decided before, put together again from what the shelf has kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from api.documents import CATALOGUE, FLAGS, LANGUAGES, LAW, POLICY, Documents, kept_with, rebuild
from api.shelf import LEARNED, Shelf, UnknownVersionError
from models.adoption import check_facts
from models.bundle import Bundle, BundleError, open_bundle
from models.documents import DocumentError, version_of
from models.domain import Flags
from models.learned import Learned, load_learned
from models.response import Versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.knowledge import Knowledge
    from models.policy import Policy

REMEMBERED = 4
"""Older knowledge kept in memory for replays."""


class Older:
    """Finds what decided before; `current` is what decides now, the usual one first, and gives the parts it shares."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: OrderedDict[Versions, Knowledge] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, knowledge: Knowledge) -> None:
        """Keep it in memory, and forget what was not asked for longest."""
        self._known[knowledge.versions] = knowledge
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def of(self, versions: Versions, current: Sequence[Knowledge]) -> Knowledge:
        """The knowledge with these versions.

        Raises:
            UnknownVersionError: a document that was not kept, or is not what its name says.
        """
        wanted = versions.model_copy(update={"code": current[0].versions.code})
        for known in current:
            if wanted == known.versions:
                return known
        if wanted in self._known:
            self._known.move_to_end(wanted)
            return self._known[wanted]
        found = await self._rebuilt(wanted, current)
        self.remember(found)
        return found

    async def _rebuilt(self, versions: Versions, current: Sequence[Knowledge]) -> Knowledge:
        base = await self._written(versions, current)
        bundle = None
        if versions.bundle is not None:
            bundle = await self._bundle(versions.bundle, base.policy, current)
        learned = Learned() if versions.learned is None else await self._snapshot(versions.learned)
        flags = Flags.model_validate_json(await self._one(versions.flags, FLAGS))
        return base.with_(bundle=bundle, learned=learned, flags=flags)

    async def _written(self, versions: Versions, current: Sequence[Knowledge]) -> Knowledge:
        """Something with the right catalogue and policy: compiling them is what takes time."""
        for known in (*current, *self._known.values()):
            if (known.versions.catalogue, known.versions.policy) == (versions.catalogue, versions.policy):
                return known
        catalogue = await self._one(versions.catalogue, CATALOGUE)
        kept = await self._shelf.fetch(versions.policy)
        documents = Documents(
            catalogue, kept.get(POLICY, b""), Flags(), kept_with(kept, LAW), kept_with(kept, LANGUAGES)
        )
        try:
            found = await asyncio.to_thread(rebuild, documents)
        except DocumentError as error:
            raise UnknownVersionError(f"kept by an older version of the software: {error}") from error
        if found.versions.policy != versions.policy:
            raise UnknownVersionError(f"what is kept as {versions.policy} has other bytes")
        return found

    async def _bundle(self, version: str, policy: Policy, current: Sequence[Knowledge]) -> Bundle:
        open_now = (known.bundle for known in current if known.bundle is not None)
        bundle = next((one for one in open_now if one.version == version), None)
        try:
            if bundle is None:
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
