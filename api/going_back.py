"""Going back to what was in use before: here at once, on every other replica within a second."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from api.documents import build_all
from api.kept_documents import documents_of, version_of_all
from api.knowledge import GONE_BACK
from api.pins import Part, Pin
from api.settings import SettingsError
from api.shelf import LEARNED, UnknownVersionError
from models.adoption import adopt
from models.bundle import BundleError
from models.documents import DocumentError, version_of
from models.learned import Learned, load_learned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.knowledge import Library
    from api.settings import Settings

log = logging.getLogger("behoud.knowledge")
audit = logging.getLogger("behoud.audit")

NONE: Final = "none"
"""The version of learned corrections where there are none."""


class CannotGoBackError(Exception):
    """Why this version cannot be used now; what was in use stays."""


def in_use(library: Library, part: Part) -> str | None:
    """The version of the part that decides now."""
    versions = library.current.versions
    return {
        "bundle": versions.bundle,
        "documents": library.documents,
        "learned": versions.learned or NONE,
    }[part]


def before(library: Library, part: Part) -> list[str]:
    """What can be gone back to, the latest first: what was in use on this machine and was not gone back from."""
    current, pin = in_use(library, part), library.board.current.parts.get(part)
    refused = () if pin is None else pin.refused
    used = [NONE, *library.shelf.used(part)] if part == "learned" else library.shelf.used(part)
    return [version for version in used if version != current and version not in refused]


async def go_back(
    library: Library, settings: Settings, part: Part, to: str | None, *, hold: bool, by: str, now: datetime
) -> bool:
    """Use `to`, or the version before, and refuse what was in use. Whether the other replicas have been told.

    Learned corrections are held: another snapshot comes every two seconds, and would be no better.

    Raises:
        CannotGoBackError: there is none, it was not kept, or it does not fit what else is in use.
    """
    await library.board.look()
    earlier = before(library, part)
    if to is None and not earlier:
        raise CannotGoBackError("nothing else was in use on this machine; name a version")
    version = to or earlier[0]
    old, pin = in_use(library, part), library.board.current.parts.get(part)
    refused = [*(() if pin is None else pin.refused), *([] if old in (None, version) else [old])]
    fresh = Pin(
        use=version,
        refused=tuple(name for name in dict.fromkeys(refused) if name != version),
        hold=hold or part == "learned",
        by=by,
        at=now,
    )
    await _take(library, settings, part, version, now)
    told = await library.board.put({**library.board.current.parts, part: fresh})
    library.stay(part, GONE_BACK, level=logging.WARNING)
    audit.warning("went back", extra={"part": part, "from": old, "to": version, "hold": fresh.hold, "by": by})
    return told


async def resume(library: Library, part: Part, *, by: str, now: datetime) -> bool:
    """Use what the source of the part names again, from its next look on, which is now. Whether the other replicas have been told."""
    await library.board.look()
    rest = {name: pin for name, pin in library.board.current.parts.items() if name != part}
    told = await library.board.put(rest)
    audit.warning("resumed", extra={"part": part, "by": by})
    await _look_again(library, now)
    return told


async def keep_to_pins(library: Library, settings: Settings, now: datetime | None) -> None:
    """Do here what people have asked for elsewhere, or before this process began."""
    pinned = library.board.current.parts
    await library.board.look()
    parts = library.board.current.parts
    if now is not None and set(pinned) - set(parts):
        await _look_again(library, now)
    for part, pin in parts.items():
        version = in_use(library, part)
        if version is not None and not pin.bars(version):
            continue
        try:
            await _take(library, settings, part, pin.use, now)
        except CannotGoBackError as error:
            library.stay(part, f"should go back to {pin.use}, and cannot: {error}")
        else:
            library.stay(part, GONE_BACK, level=logging.WARNING)


async def _look_again(library: Library, now: datetime) -> None:
    library.look_again()
    await library.look_for_bundle()
    await library.look_for_documents(now)
    await library.look_for_learned()


async def _take(library: Library, settings: Settings, part: Part, version: str, now: datetime | None) -> None:
    """Raises CannotGoBackError; what was in use stays then."""
    if (part, version) == ("learned", NONE):
        await library.use_learned(Learned())
        return
    try:
        files = await library.shelf.fetch(version)
        await _USE[part](library, settings, version, files, now)
    except UnknownVersionError as error:
        raise CannotGoBackError(str(error)) from None
    except (BundleError, DocumentError, SettingsError, ValidationError, KeyError) as error:
        raise CannotGoBackError(f"{version}: {error}") from None


async def _use_bundle(
    library: Library, _settings: Settings, version: str, files: Mapping[str, bytes], _now: datetime | None
) -> None:
    bundle = await asyncio.to_thread(adopt, files, library.current)
    _check(bundle.version, version)
    await library.kept(version, files)
    await library.use_bundle(bundle)


async def _use_documents(
    library: Library, settings: Settings, version: str, files: Mapping[str, bytes], now: datetime | None
) -> None:
    documents = documents_of(files, settings)
    _check(version_of_all(documents), version)
    if not await library.use_documents(documents, *await asyncio.to_thread(build_all, documents, now)):
        raise CannotGoBackError("the disk does not take it")


async def _use_learned(
    library: Library, _settings: Settings, version: str, files: Mapping[str, bytes], _now: datetime | None
) -> None:
    data = files.get(LEARNED, b"")
    _check(version_of(data), version)
    await library.use_learned(load_learned(data))


def _check(found: str, version: str) -> None:
    if found != version:
        raise CannotGoBackError(f"what is kept as {version} is {found}")


_USE: Final = {"bundle": _use_bundle, "documents": _use_documents, "learned": _use_learned}
