"""What to decide with when a service or a command starts."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.bundles import Folder, source_of
from api.documents import Documents, build_all, parts_of, read_documents
from api.flags import Fits, Flagging, flagging_of
from api.going_back import keep_to_pins
from api.kept import Kept
from api.kept_documents import documents_of, files_of_all, version_of_all
from api.knowledge import Library
from api.pins import PinBoard
from api.settings import SettingsError
from api.shelf import Shelf
from api.watch import Watch
from models.adoption import adopt
from models.bundle import BundleError
from models.documents import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.settings import Settings
    from api.store import Store
    from models.knowledge import Knowledge

log = logging.getLogger("behoud.knowledge")


@dataclass(frozen=True)
class Start:
    """The documents to begin with, the usual knowledge made of them, and what stands beside it by name.

    `why_not` the folder's: empty when they are those of the folder, else they are the last good ones of this machine.
    """

    documents: Documents
    knowledge: Knowledge
    others: Mapping[str, Knowledge]
    why_not: str = ""


def first_documents(settings: Settings, now: datetime | None, *, last_good: bool) -> Start:
    """Those of the folder. With `last_good`, and where they cannot be used, those that were in use on this machine before.

    Raises:
        SettingsError, DocumentError: what cannot be used in the folder, and the remedy; and nothing was in use before.
    """
    try:
        documents = read_documents(settings)
        return Start(documents, *build_all(documents, now))
    except (DocumentError, SettingsError, OSError) as error:
        before = _before(settings, now, str(error)) if last_good else None
        if before is not None:
            log.error("documents refused, the last good ones are in use", extra={"why": before.why_not})  # noqa: TRY400  the reason is the message
            return before
        if isinstance(error, OSError):
            raise SettingsError(f"BEHOUD_KNOWLEDGE: {error}; bring the folder back") from None
        raise


def _before(settings: Settings, now: datetime | None, why_not: str) -> Start | None:
    kept = Kept(settings.var / "shelf")
    for version in kept.used("documents"):
        try:
            documents = documents_of(kept.on_disk(version), settings)
            return Start(documents, *build_all(documents, now), why_not)
        except (DocumentError, SettingsError, KeyError):
            continue
    return None


async def open_library(settings: Settings, start: Start, store: Store, *, last_good: bool) -> Library:
    """The documents, the bundles that are there, the learned snapshot. With `last_good`, and where a source is away or broken: those of this machine.

    Raises:
        SettingsError: the bundle that was named cannot be used, and none was in use before.
    """
    shelf = Shelf(settings.var / "shelf", store)
    documents = version_of_all(start.documents)
    parts = parts_of(start.knowledge, start.others, start.documents)
    for version, files in {**parts, documents: files_of_all(start.documents)}.items():
        shelf.keep(version, files)
    shelf.remember("documents", documents)
    source = source_of(settings.bundle, settings.mlflow, settings.bundle_most)
    if isinstance(source, Folder) and not last_good:
        await asyncio.to_thread(check_folder, source, start.knowledge)

    def flagging(documents: Documents, fits: Fits) -> Flagging | None:
        given = settings.flags, settings.flags_options, settings.flags_timeout
        settled = () if settings.propensity is None else ("propensity",)
        asked = [name for name in settings.flags_names if name not in settled]
        return flagging_of(documents.rules, documents.flags, asked, *given, fits)

    board = PinBoard(settings.var / "shelf" / "rolled-back.json", store)
    watch = Watch(settings, start.documents)
    library = Library(source, watch, start.knowledge, documents, shelf, store, flagging, board)
    if start.why_not:
        library.stays["documents"] = start.why_not
    library.flag_by(start.documents)
    library.stand_beside(start.others, start.documents)
    await board.look()
    await library.look_for_bundle()
    if source is not None and library.current.bundle is None:
        await library.take_last_bundle()
    if not await library.look_for_learned():
        await library.take_last_learned()
    await keep_to_pins(library, settings, None)
    if isinstance(source, Folder) and library.current.bundle is None:
        raise SettingsError(f"BEHOUD_BUNDLE: {library.stays['bundle']}")
    await library.send_shelf()
    return library


def check_folder(source: Folder, knowledge: Knowledge, variable: str = "BEHOUD_BUNDLE") -> None:
    """Raises SettingsError when the folder the variable names holds no bundle that can be used with this catalogue and policy."""
    try:
        adopt(source.files(), knowledge)
    except (BundleError, OSError) as error:
        raise SettingsError(f"{variable}: {error}") from None
