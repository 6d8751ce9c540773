"""What the business wrote: catalogue, policy, law packs and flags, read from their folder and put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.flag_file import FlagFile, read_flags
from api.languages import read_languages, spoken
from api.law import read_packs, shipped
from api.settings import SettingsError
from models.catalogue import load_catalogue
from models.documents import DocumentError
from models.domain import Flags
from models.idle import idle_rules
from models.in_force import expired, load_lawful, loose
from models.knowledge import Knowledge, build_knowledge
from models.local_time import local_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.settings import Settings
    from models.documents import Problem
    from models.policy import Policy

CATALOGUE, POLICY, FLAGS = "catalogue.yaml", "policy.yaml", "flags.json"
LAW, LANGUAGES = "law", "languages"


@dataclass(frozen=True)
class Documents:
    """The bytes the business wrote, the flags of whom no rule speaks and the `rules` that speak of others, the law packs a policy may name, and language files of its own."""

    catalogue: bytes
    policy: bytes
    flags: Flags
    law: Mapping[str, bytes] = field(default_factory=shipped)
    languages: Mapping[str, bytes] = field(default_factory=dict)
    rules: FlagFile | None = None


def read_documents(settings: Settings) -> Documents:
    """Catalogue, policy, law packs and flags of the folder BEHOUD_KNOWLEDGE.

    Raises:
        SettingsError: flags that cannot be used.
    """
    folder = settings.knowledge
    path = folder / FLAGS
    rules = None
    if path.is_file():
        try:
            rules = read_flags(path.read_bytes(), str(path))
        except DocumentError as error:
            raise SettingsError(str(error)) from None
    flags = Flags() if rules is None else rules.usual
    if settings.propensity is not None:
        flags = flags.model_copy(update={"propensity": settings.propensity})
    return Documents(
        (folder / CATALOGUE).read_bytes(),
        (folder / POLICY).read_bytes(),
        flags,
        read_packs(folder),
        read_languages(folder),
        rules,
    )


def build(documents: Documents, now: datetime | None = None) -> Knowledge:
    """Knowledge without a bundle, from documents that are to decide from now on.

    Raises:
        DocumentError: naming file, line, key and remedy; also a legal rule that a missing fact could slip through, a rule that
            speaks of no action, and, when `now` is given, a law pack that has expired.
    """
    knowledge = rebuild(documents)
    policy = knowledge.policy
    idle = idle_rules(knowledge.catalogue, policy)
    if problems := [*loose(policy), *idle, *([] if now is None else ended(policy, now))]:
        raise DocumentError(problems)
    return knowledge


def rebuild(documents: Documents) -> Knowledge:
    """The same from documents that decided before, when less may have been refused.

    Raises:
        DocumentError: naming file, line, key and remedy.
    """
    catalogue = load_catalogue(documents.catalogue, CATALOGUE)
    policy = load_lawful(documents.policy, POLICY, documents.law, documents.languages)
    return build_knowledge(catalogue, policy, flags=documents.flags, wordbooks=spoken())


def ended(policy: Policy, now: datetime) -> list[Problem]:
    """The law packs in force that have expired, on the company's calendar."""
    return expired(policy, local_time(now, policy.timezone).date())


def files_of(policy: Policy, documents: Documents) -> dict[str, bytes]:
    """What is kept under the version of a policy: its bytes, those of the law packs it names, and its own language files."""
    return {
        POLICY: documents.policy,
        **{f"{LAW}.{name}.yaml": documents.law[name] for name in policy.law},
        **{f"{LANGUAGES}.{name}.yaml": documents.languages[name] for name in policy.wordbooks},
    }


def kept_with(files: Mapping[str, bytes], kind: str) -> dict[str, bytes]:
    """The law packs, or the language files, kept with a policy."""
    return {
        name.removeprefix(f"{kind}.").removesuffix(".yaml"): data
        for name, data in files.items()
        if name.startswith(f"{kind}.")
    }
