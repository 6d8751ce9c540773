"""Looks whether the documents of the business have changed on disk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from api.documents import Documents, read_documents
from models.knowledge import flags_bytes

if TYPE_CHECKING:
    from api.settings import Settings


class Watch:
    """Tells each new state of the folder once, when two looks in a row have read the same: a file half written is no new state."""

    def __init__(self, settings: Settings, used: Documents) -> None:
        self._settings = settings
        self._told = self._last = fingerprint(used)

    def changed(self) -> Documents | None:
        """The documents when they are others than those told last, and have settled.

        Raises:
            OSError, SettingsError: a file that cannot be read, or flags that cannot be used. What is there afterwards is told again.
        """
        seen, self._last = self._last, ""
        told, self._told = self._told, ""
        documents = read_documents(self._settings)
        self._last, self._told = fingerprint(documents), told
        if self._last in (told, "") or self._last != seen:
            return None
        self._told = self._last
        return documents

    def again(self) -> None:
        """Tell what was told last once more: it could not be kept."""
        self._told = ""


def fingerprint(documents: Documents) -> str:
    """A hash of all bytes, those of law packs, languages, flags and further policies included."""
    parts = (
        documents.catalogue,
        documents.policy,
        flags_bytes(documents.flags),
        b"" if documents.rules is None else documents.rules.data,
        *(
            part
            for files in (documents.law, documents.languages, documents.policies)
            for name in sorted(files)
            for part in (name.encode(), files[name])
        ),
    )
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
