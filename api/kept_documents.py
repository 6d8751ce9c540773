"""The documents as one version: everything in the folder, kept together and read back, for a start without the folder and for going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.documents import (
    CATALOGUE,
    FLAGS,
    LANGUAGES,
    LAW,
    POLICIES,
    POLICY,
    Documents,
    flags_of,
    kept_with,
)
from api.watch import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.settings import Settings


def version_of_all(documents: Documents) -> str:
    """One name for catalogue, policies, law packs, languages and flags: they were checked together."""
    return f"sha256:{fingerprint(documents)}"


def files_of_all(documents: Documents) -> dict[str, bytes]:
    """Name -> bytes, without folders."""
    return {
        CATALOGUE: documents.catalogue,
        POLICY: documents.policy,
        **({} if documents.rules is None else {FLAGS: documents.rules.data}),
        **{
            f"{kind}.{name}.yaml": data
            for kind, named in (
                (LAW, documents.law),
                (LANGUAGES, documents.languages),
                (POLICIES, documents.policies),
            )
            for name, data in named.items()
        },
    }


def documents_of(files: Mapping[str, bytes], settings: Settings) -> Documents:
    """What `files_of_all` took apart.

    Raises:
        SettingsError: flags that cannot be used.
        KeyError: no catalogue or no policy among them.
    """
    flags, rules = flags_of(files.get(FLAGS), FLAGS, settings)
    law, languages, policies = (kept_with(files, kind) for kind in (LAW, LANGUAGES, POLICIES))
    return Documents(files[CATALOGUE], files[POLICY], flags, law, languages, rules, policies)
