"""What the business wrote: catalogue, policy, law packs and flags, read from their folder and put together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.flag_file import FlagFile, read_flags
from api.languages import read_languages, spoken
from api.law import read_packs, shipped
from api.settings import SettingsError
from models.beside import MOST, unlike
from models.catalogue import load_catalogue
from models.documents import DocumentError, Problem
from models.domain import USUAL, Flags
from models.idle import idle_rules
from models.in_force import expired, load_lawful, loose
from models.knowledge import Knowledge, build_knowledge, flags_bytes
from models.local_time import local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from api.settings import Settings
    from models.policy import Policy

CATALOGUE, POLICY, FLAGS = "catalogue.yaml", "policy.yaml", "flags.json"
LAW, LANGUAGES, POLICIES = "law", "languages", "policies"


@dataclass(frozen=True)
class Documents:
    """The bytes the business wrote, the flags of whom no rule speaks and the `rules` that speak of others, the law packs a policy may name, language files of its own, and the `policies` that stand beside the usual one, by name."""

    catalogue: bytes
    policy: bytes
    flags: Flags
    law: Mapping[str, bytes] = field(default_factory=shipped)
    languages: Mapping[str, bytes] = field(default_factory=dict)
    rules: FlagFile | None = None
    policies: Mapping[str, bytes] = field(default_factory=dict)
    named: str = POLICY


def read_documents(settings: Settings) -> Documents:
    """Catalogue, policy, law packs and flags of the folder BEHOUD_KNOWLEDGE.

    Raises:
        SettingsError: flags that cannot be used.
    """
    folder = settings.knowledge
    path = folder / FLAGS
    flags, rules = flags_of(path.read_bytes() if path.is_file() else None, str(path), settings)
    return Documents(
        (folder / CATALOGUE).read_bytes(),
        (folder / POLICY).read_bytes(),
        flags,
        read_packs(folder),
        read_languages(folder),
        rules,
        read_policies(folder),
    )


def flags_of(data: bytes | None, source: str, settings: Settings) -> tuple[Flags, FlagFile | None]:
    """The flags of whom no rule speaks, and the rules; the settings win.

    Raises:
        SettingsError: flags that cannot be used.
    """
    try:
        rules = None if data is None else read_flags(data, source)
    except DocumentError as error:
        raise SettingsError(str(error)) from None
    flags = Flags() if rules is None else rules.usual
    if settings.propensity is not None:
        flags = flags.model_copy(update={"propensity": settings.propensity})
    return flags, rules


def read_policies(folder: Path) -> dict[str, bytes]:
    """The policies beside the usual one: `policies/NAME.yaml`, by name.

    Raises:
        DocumentError: a name that no flag could have, or too many of them.
    """
    paths = sorted((folder / POLICIES).glob("*.yaml"))
    problems = [
        Problem(_named(path.stem), 0, "", f"a policy cannot be called '{path.stem}'; {remedy}")
        for path in paths
        for remedy in _misnamed(path.stem)
    ]
    if len(paths) > MOST:
        problems.append(
            Problem(POLICIES, 0, "", f"{len(paths)} policies; at most {MOST} stand beside policy.yaml")
        )
    if problems:
        raise DocumentError(problems)
    return {path.stem: path.read_bytes() for path in paths}


def _misnamed(name: str) -> Iterator[str]:
    if name == USUAL:
        yield "that is policy.yaml"
    try:
        Flags(policy=name)
    except ValidationError:
        yield "use letters, digits, - and _, at most 64"


def _named(name: str) -> str:
    return f"{POLICIES}/{name}.yaml"


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


def build_beside(documents: Documents, usual: Knowledge, now: datetime | None = None) -> dict[str, Knowledge]:
    """The same of each policy beside the usual one, by name, with the usual catalogue.

    Raises:
        DocumentError: what `build` refuses, and what a policy beside another must say alike and does not.
    """
    found: dict[str, Knowledge] = {}
    problems: list[Problem] = []
    for name in documents.policies:
        try:
            found[name] = build(beside(documents, name), now)
            problems += unlike(found[name].policy, usual.policy)
        except DocumentError as error:
            problems += error.problems
    if problems:
        raise DocumentError(problems)
    return found


def build_all(documents: Documents, now: datetime | None = None) -> tuple[Knowledge, dict[str, Knowledge]]:
    """Of the usual policy and of those beside it. Raises as both do."""
    usual = build(documents, now)
    return usual, build_beside(documents, usual, now)


def parts_of(
    knowledge: Knowledge, others: Mapping[str, Knowledge], documents: Documents
) -> dict[str, dict[str, bytes]]:
    """The documents by the version they are kept under."""
    versions = knowledge.versions
    return {
        **{
            other.versions.policy: files_of(other.policy, beside(documents, name))
            for name, other in others.items()
        },
        versions.catalogue: {CATALOGUE: documents.catalogue},
        versions.policy: files_of(knowledge.policy, documents),
        versions.flags: {FLAGS: flags_bytes(documents.flags)},
    }


def beside(documents: Documents, name: str) -> Documents:
    """The documents with a policy beside the usual one in its stead."""
    return replace(documents, policy=documents.policies[name], named=_named(name))


def rebuild(documents: Documents) -> Knowledge:
    """The same from documents that decided before, when less may have been refused.

    Raises:
        DocumentError: naming file, line, key and remedy.
    """
    catalogue = load_catalogue(documents.catalogue, CATALOGUE)
    policy = load_lawful(documents.policy, documents.named, documents.law, documents.languages)
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
