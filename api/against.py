"""A proposed catalogue and policy, rehearsed over decisions that were made: `check NEW --against DIR`, `POST /v1/policy/check`."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.archive import latest
from api.check import FAILED, UNUSABLE
from api.check import run as check
from api.documents import CATALOGUE, POLICY, build, read_documents
from api.progress import Progress
from api.rehearsal_text import as_lines
from api.resources import opened
from api.settings import SettingsError, read_settings
from api.shelf import UnknownVersionError
from models.adoption import check_facts
from models.bundle import BundleError
from models.catalogue import load_catalogue
from models.documents import DocumentError
from models.in_force import load_lawful
from models.journal import DecisionRecord, in_full, replay
from models.lawfulness import Law
from models.policy_alone import alone
from models.rehearsing import Rehearsing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from api.documents import Documents
    from api.knowledge import Library
    from api.settings import Settings
    from models.documents import Problem
    from models.knowledge import Knowledge
    from models.policy import Policy
    from models.rehearsal import Rehearsal
    from models.response import Versions

LATEST = 10_000
"""Decisions the command looks at, unless told otherwise."""


class Stage:
    """Decides every record again, with the knowledge it was made with and with the proposed one, both in full.

    Where the knowledge of then is not kept, or its bundle does not fit the proposed policy, the present one stands in. Bundle and
    corrections are the same on both sides: what differs is what was proposed.
    """

    def __init__(self, library: Library, proposed: Knowledge) -> None:
        """Compiles the laws in force for the proposed catalogue.

        Raises:
            SettingsError: the bundle in use does not fit the proposed policy.
        """
        present = library.current
        if present.bundle is not None:
            try:
                check_facts(present.bundle, proposed.policy)
            except BundleError as error:
                raise SettingsError(f"the bundle in use does not fit the proposed policy: {error}") from None
        self._library = library
        self._present = present
        self._proposed = proposed
        self._law = Law(present, proposed.catalogue)
        self._counts = Rehearsing(tuple(proposed.catalogue.action))
        self._not_kept: set[Versions] = set()
        self._unreadable = 0

    async def take(self, stored: bytes | None) -> None:
        """Count one record; None is one that was erased or has expired."""
        record = None if stored is None else _read(stored)
        if record is None:
            self._unreadable += 1
            return
        before, then = await self._before(record.decision.versions)
        after = self._beside(before)
        answer = replay(record, after)
        self._counts.add(replay(record, before), answer, self._law.broken(record, answer), then=then)

    def report(self) -> Rehearsal:
        return self._counts.report(unasked=self._law.unasked, unreadable=self._unreadable)

    async def _before(self, versions: Versions) -> tuple[Knowledge, bool]:
        if versions not in self._not_kept:
            try:
                found = await self._library.of(versions)
                if found.bundle is not None:
                    check_facts(found.bundle, self._proposed.policy)
            except (UnknownVersionError, BundleError):
                self._not_kept.add(versions)
            else:
                return found, True
        return self._present, False

    def _beside(self, before: Knowledge) -> Knowledge:
        """The proposed knowledge with the bundle and the corrections of this one."""
        if self._proposed.bundle is not before.bundle or self._proposed.learned is not before.learned:
            self._proposed = self._proposed.with_(bundle=before.bundle, learned=before.learned)
        return self._proposed


def proposed_by(documents: Documents, now: datetime) -> Knowledge:
    """Knowledge of proposed documents, which are to decide from now on.

    Raises:
        DocumentError: everything wrong in each of them, not only in the first.
    """

    def lawful(data: bytes, source: str) -> Policy:
        return load_lawful(data, source, documents.law, documents.languages)

    def by_itself(data: bytes, source: str) -> None:
        if problems := alone(lawful(data, source)):
            raise DocumentError(problems)

    try:
        return build(documents, now)
    except DocumentError as error:
        unsold = _problems(load_catalogue, documents.catalogue, CATALOGUE)
        unruly = _problems(by_itself if unsold else lawful, documents.policy, POLICY)
        raise DocumentError([*unsold, *unruly] or list(error.problems)) from None


def _problems(load: Callable[[bytes, str], object], data: bytes, source: str) -> tuple[Problem, ...]:
    try:
        load(data, source)
    except DocumentError as error:
        return error.problems
    return ()


def _read(stored: bytes) -> DecisionRecord | None:
    """The record, asked in full; None when this version of the software cannot read it."""
    try:
        record = DecisionRecord.model_validate_json(stored)
    except ValidationError:
        return None
    return in_full(record)


def run(folder: Path, archive: Path, most: int = LATEST) -> int:
    """Check the provider in `folder`, then rehearse it over the latest decisions of an archive.

    What is in force now is what the service would use: the settings say.

    Returns the exit code: 0 when all is well, 1 when a scenario fails or a law in force would be broken, 2 when something cannot be
    used.

    Raises:
        SettingsError, DocumentError, ServerError: what cannot be used, and the remedy.
    """
    settings = read_settings()
    judged = check(folder)
    if judged == UNUSABLE:
        return UNUSABLE
    report = asyncio.run(_rehearsed(settings, folder, latest(archive, most)))
    for line in as_lines(report):
        print(line)
    return judged if report.lawful else max(judged, FAILED)


async def _rehearsed(settings: Settings, folder: Path, records: Iterable[bytes | None]) -> Rehearsal:
    documents = read_documents(dataclasses.replace(settings, knowledge=folder))
    proposed = proposed_by(documents, datetime.now(UTC))
    progress = Progress("decisions rehearsed")
    async with opened(settings) as (_, library):
        stage = Stage(library, proposed)
        for stored in records:
            await stage.take(stored)
            progress.step()
    progress.end()
    return stage.report()
