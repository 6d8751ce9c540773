"""The law in force: packs written into the policy that names them, and what no policy may do about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from models.cel_syntax import read
from models.cel_tree import Apply, walk
from models.documents import DocumentError, Path, Problem, version_of
from models.law import LawDisclosure, LawPack, LawRule, load_law, texts_of
from models.placeholders import placeholders
from models.policy import Policy, load_policy
from models.sections.disclosures import Disclosure
from models.sections.pack import Pack
from models.sections.rules import Rule
from models.wordbook import Wordbook, load_wordbook

NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def load_lawful(
    data: bytes, source: str, law: Mapping[str, bytes], languages: Mapping[str, bytes] = NO_FILES
) -> Policy:
    """A policy with the law packs it names written into it; `law` holds the packs there are, by name.

    `languages` are the provider's own language files; those the policy speaks go with it, and its version covers them.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in the policy, its packs and its language files.
    """
    policy = load_policy(data, source)
    problems: list[Problem] = []
    packs: list[LawPack] = []
    for index, name in enumerate(policy.law):
        place: Path = ("law", index)
        if name in policy.law[:index]:
            problems.append(policy.problem(place, f"'{name}' is named twice; keep one"))
        elif name not in law:
            there = ", ".join(sorted(law)) or "none"
            message = f"there is no law pack '{name}' (there are: {there}); write law/{name}.yaml beside the policy, or correct the name"
            problems.append(policy.problem(place, message))
        else:
            try:
                packs.append(_named(name, load_law(law[name], f"law/{name}.yaml")))
            except DocumentError as error:
                problems += error.problems
    books: dict[str, Wordbook] = {}
    for language in policy.languages:
        if language in languages:
            try:
                books[language] = _own_book(language, languages[language])
            except DocumentError as error:
                problems += error.problems
    if problems:
        raise DocumentError(problems)
    return _speaking(under_law(policy, packs), books)


def under_law(policy: Policy, packs: Sequence[LawPack]) -> Policy:
    """The policy with these packs in force: their facts, consents, rules and disclosures beside its own, one version for all.

    The policy's own words stand where it has a disclosure of the same name.

    Raises:
        DocumentError: everything in which they do not fit.
    """
    if not packs:
        return policy
    problems = [problem for pack in packs for problem in _misfits(policy, pack)]
    if problems:
        raise DocumentError(problems)
    own = {row.id: row for row in policy.disclosures}
    rules, said = list(policy.rules), list(policy.disclosures)
    places: dict[Path, tuple[Pack, Path]] = {}
    for pack in packs:
        for index, rule in enumerate(pack.rules):
            places["rules", len(rules)] = pack, ("rules", index)
            rules.append(_as_rule(pack, rule))
        for index, row in enumerate(pack.disclosures):
            made = _as_disclosure(pack, row)
            if made.id in own:
                position = said.index(own[made.id])
                said[position] = made.model_copy(update={"text": own[made.id].text})
            else:
                places["disclosures", len(said)] = pack, ("disclosures", index)
                said.append(made)
        for section in ("facts", "consents"):
            places |= {
                (section, name): (pack, (section, name))
                for name in getattr(pack, section)
                if name not in getattr(policy, section)
            }
    merged = policy.model_copy(
        update={
            "facts": _beside(policy.facts, (pack.facts for pack in packs)),
            "consents": _beside(policy.consents, (pack.consents for pack in packs)),
            "rules": tuple(rules),
            "disclosures": tuple(said),
            "version": version_of("\n".join((policy.version, *(pack.version for pack in packs))).encode()),
        }
    )
    merged._packs, merged._places = tuple(packs), places  # noqa: SLF001  set once, here
    return merged


def _own_book(language: str, data: bytes) -> Wordbook:
    book = load_wordbook(data, f"languages/{language}.yaml")
    if book.language != language:
        message = f"the file is languages/{language}.yaml; write language: {language}, or rename the file"
        raise DocumentError([book.problem(("language",), message)])
    return book


def _speaking(policy: Policy, books: Mapping[str, Wordbook]) -> Policy:
    """The policy with language files of its own, one version for all."""
    if not books:
        return policy
    versions = (policy.version, *(book.version for book in books.values()))
    speaking = policy.model_copy(update={"version": version_of("\n".join(versions).encode())})
    speaking._wordbooks = books  # noqa: SLF001  set once, here
    return speaking


def expired(policy: Policy, today: date) -> list[Problem]:
    """The packs that may not be used any more on this day."""
    return [
        pack.problem(
            ("valid_until",),
            f"this release ended on {pack.valid_until}, and today is {today}; put the next one into law/{pack.id}.yaml beside the policy",
        )
        for pack in policy.packs
        if pack.valid_until is not None and today > pack.valid_until
    ]


def early(policy: Policy, today: date) -> list[Problem]:
    """The packs whose law asks nothing yet on this day, and which are in force all the same: the sooner kept, the safer."""
    return [
        pack.problem(
            ("valid_from",),
            f"the law asks it from {pack.valid_from}, and it is in force at once; leave it out of 'law' until then if that is too early",
        )
        for pack in policy.packs
        if today < pack.valid_from
    ]


def loose(policy: Policy) -> list[Problem]:
    """Rules of tier `legal` that a fact nobody knows could slip through. They were allowed once, so a replay does not ask."""
    problems = []
    for index, rule in enumerate(policy.rules):
        if rule.tier != "legal":
            continue
        if rule.on_missing == "pass":
            message = "a missing fact stops the action in tier legal; remove it, and for an objection write !('marketing' in customer.objections)"
            problems.append(policy.problem(("rules", index, "on_missing"), message))
        if any(isinstance(node, Apply) and node.name == "has" for node in walk(read(rule.require))):
            message = "asks has(), so that a missing fact could pass in tier legal; name the fact alone, or move the rule to another tier"
            problems.append(policy.problem(("rules", index, "require"), message))
    return problems


def missing_packs(policy: Policy) -> list[Problem]:
    """A policy that names law must have it written into it: `load_lawful` does."""
    there = {pack.id for pack in policy.packs}
    return [
        policy.problem(
            ("law", index), f"the rules of law pack '{name}' are not in force; load the policy with its packs"
        )
        for index, name in enumerate(policy.law)
        if name not in there
    ]


def _named(name: str, pack: LawPack) -> LawPack:
    if pack.id != name:
        raise DocumentError(
            [pack.problem(("id",), f"the file is law/{name}.yaml; write id: {name}, or rename the file")]
        )
    return pack


def _as_rule(pack: LawPack, rule: LawRule) -> Rule:
    return Rule.model_validate(
        {
            "id": f"{pack.id}.{rule.id}",
            "tier": "legal",
            "for": rule.applies,
            "require": rule.require,
            "reason": rule.reason,
            "source": rule.source,
        }
    )


def _as_disclosure(pack: LawPack, row: LawDisclosure) -> Disclosure:
    return Disclosure.model_validate(
        {
            "id": f"{pack.id}.{row.id}",
            "for": row.applies,
            "when": row.when,
            "text": row.text,
            "source": row.source,
        }
    )


def _beside(own: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged = dict(own)
    for other in others:
        merged = {**other, **merged}
    return merged


def _misfits(policy: Policy, pack: LawPack) -> Iterator[Problem]:
    """Where a pack does not fit the policy that names it."""
    for section, row, key in texts_of(pack):
        for language in policy.languages:
            if language not in getattr(row, key):
                message = f"no text in '{language}', which the policy speaks; add it in a copy of the pack, law/{pack.id}.yaml beside the policy"
                yield pack.problem((section, getattr(pack, section).index(row), key), message)
    for name, spec in pack.facts.items():
        own = policy.facts.get(name, spec)
        if own.type != spec.type:
            message = f"is {own.type}, and law pack '{pack.id}' reads it as {spec.type}; correct its type"
            yield policy.problem(("facts", name, "type"), message)
    for index, rule in enumerate(policy.rules):
        if rule.id.startswith(f"{pack.id}."):
            message = f"begins as the rules of law pack '{pack.id}' do; rename it"
            yield policy.problem(("rules", index, "id"), message)
    yield from _reworded(policy, pack)


def _reworded(policy: Policy, pack: LawPack) -> Iterator[Problem]:
    """A disclosure in the provider's own words says when as the law does, and names what the law names."""
    law = {f"{pack.id}.{row.id}": row for row in pack.disclosures}
    for index, said in enumerate(policy.disclosures):
        row = law.get(said.id)
        if row is None:
            continue
        if said.when is not None:
            yield policy.problem(("disclosures", index, "when"), "the law pack says when; remove it")
        for language, text in said.text.items():
            for name in sorted(placeholders(row.text.get(language, "")) - placeholders(text)):
                message = f"must name {{{name}}}, as law pack '{pack.id}' does; add it"
                yield policy.problem(("disclosures", index, "text", language), message)
