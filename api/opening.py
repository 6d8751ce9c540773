"""What to decide with when a service or a command starts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from api.bundles import Folder, source_of
from api.documents import Documents, parts_of
from api.flags import Fits, Flagging, flagging_of
from api.knowledge import Library
from api.settings import SettingsError
from api.shelf import Shelf
from api.watch import Watch
from models.adoption import adopt
from models.bundle import BundleError
from models.knowledge import Knowledge

if TYPE_CHECKING:
    from api.settings import Settings
    from api.store import Store
    from models.policy import Policy

NO_OTHERS: Final[Mapping[str, Knowledge]] = MappingProxyType({})


async def open_library(
    settings: Settings,
    documents: Documents,
    knowledge: Knowledge,
    store: Store,
    others: Mapping[str, Knowledge] = NO_OTHERS,
) -> Library:
    """Knowledge to start with: the documents, `others` beside it by name, the bundles that are there, the learned snapshot.

    Raises:
        SettingsError: the bundle that was named cannot be used.
    """
    shelf = Shelf(settings.var / "shelf", store)
    for version, files in parts_of(knowledge, others, documents).items():
        shelf.keep(version, files)
    source = source_of(settings.bundle, settings.mlflow)
    if isinstance(source, Folder):
        await asyncio.to_thread(check_folder, source, knowledge.policy)

    def flagging(documents: Documents, fits: Fits) -> Flagging | None:
        given = settings.flags, settings.flags_options, settings.flags_timeout
        settled = () if settings.propensity is None else ("propensity",)
        asked = [name for name in settings.flags_names if name not in settled]
        return flagging_of(documents.rules, documents.flags, asked, *given, fits)

    library = Library(knowledge, shelf, store, source, Watch(settings, documents), flagging)
    library.stand_beside(others, documents)
    library.flag_by(documents)
    await library.look_for_bundle()
    if source is not None and library.current.bundle is None:
        await library.take_last_bundle()
    await library.look_for_learned()
    await library.send_shelf()
    return library


def check_folder(source: Folder, policy: Policy, variable: str = "BEHOUD_BUNDLE") -> None:
    """Raises SettingsError when the folder the variable names holds no bundle that can be used with this policy."""
    try:
        adopt(source.files(), policy)
    except (BundleError, OSError) as error:
        raise SettingsError(f"{variable}: {error}") from None
