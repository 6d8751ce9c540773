"""Who decides in the shadow: another bundle, or another catalogue and policy. All else is the champion's, of the very decision."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from api.bundles import Folder, RegistryAwayError, source_of
from api.documents import build, read_documents
from api.opening import check_folder
from api.settings import SettingsError
from models.adoption import adopt, check_facts
from models.bundle import MANIFEST, BundleError

if TYPE_CHECKING:
    from datetime import datetime

    from api.bundles import BundleSource
    from api.settings import Settings
    from models.bundle import Bundle
    from models.knowledge import Knowledge
    from models.response import Versions

log = logging.getLogger("behoud.challenger")

VARIABLE = "BEHOUD_CHALLENGER"


class Challenger:
    """`proposed` is what other documents say; `bundle` what another bundle has learned, None until the registry has told it."""

    def __init__(self, proposed: Knowledge | None, source: BundleSource | None, policy_of: Knowledge) -> None:
        self._proposed, self._source, self._champion = proposed, source, policy_of
        self._bundle: Bundle | None = None
        self._token: str | None = None
        self._made: tuple[Versions, Knowledge] | None = None

    @property
    def ready(self) -> bool:
        """Whether there is anything to decide with."""
        return self._source is None or self._bundle is not None

    async def look(self) -> None:
        """Take the bundle the source names now, if it is another one and opens; what cannot be used is logged, and the last one stays."""
        if self._source is None:
            return
        try:
            token = await asyncio.to_thread(self._source.token)
            if token != self._token:
                files = await asyncio.to_thread(self._source.files)
                self._bundle = await asyncio.to_thread(adopt, files, self._champion)
                self._token, self._made = token, None
                log.info("challenger in use", extra={"version": self._bundle.version})
        except (BundleError, RegistryAwayError, OSError) as error:
            log.warning("challenger not used", extra={"why": str(error)})

    def beside(self, champion: Knowledge) -> Knowledge:
        """What decides in the place of this knowledge, with its learned corrections and flags.

        Raises:
            BundleError: bundle and policy do not fit each other.
        """
        if self._made is None or self._made[0] != champion.versions:
            base = self._proposed or champion
            bundle = self._bundle or champion.bundle
            if bundle is not None:
                check_facts(bundle, base.policy)
            fresh = base.with_(bundle=bundle, learned=champion.learned, flags=champion.flags)
            self._made = champion.versions, fresh
        return self._made[1]


def challenger_of(settings: Settings, champion: Knowledge, now: datetime) -> Challenger:
    """The challenger of the settings, beside this champion.

    Raises:
        SettingsError, DocumentError: it cannot be used; the message names the variable or the file, and the remedy.
    """
    named = settings.challenger
    if named.startswith("models:/") or (Path(named) / MANIFEST).is_file():
        source = source_of(named, settings.mlflow, settings.bundle_most)
        if isinstance(source, Folder):
            check_folder(source, champion, VARIABLE)
        return Challenger(None, source, champion)
    if not (Path(named) / "policy.yaml").is_file():
        raise SettingsError(
            f"{VARIABLE}: '{named}' is no bundle and no provider; name a folder with manifest.json, one with catalogue.yaml and policy.yaml, or models:/behoud@challenger"
        )
    if not (Path(named) / "catalogue.yaml").is_file():
        raise SettingsError(
            f"{VARIABLE}: there is no catalogue.yaml in '{named}'; put the one in force there"
        )
    documents = read_documents(dataclasses.replace(settings, knowledge=Path(named)))
    proposed = build(documents, now)
    if champion.bundle is not None:
        try:
            check_facts(champion.bundle, proposed.policy)
        except BundleError as error:
            raise SettingsError(f"{VARIABLE}: the bundle in use does not fit its policy: {error}") from None
    return Challenger(proposed, None, champion)
