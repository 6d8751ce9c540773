"""Law packs: what the law asks, as data with a jurisdiction, dates, sources and tests of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from models.documents import Document, Problem
from models.domain import Id, Language, Noun, Text, Word
from models.placeholders import placeholders
from models.scenarios import Expect, Given, Scenario, with_given
from models.sections.facts import RESERVED, Consent, FactSpec, Name
from models.sections.pack import Pack
from models.sections.selector import Selector
from models.written import double_names, load

Source = Annotated[Text, Field(min_length=1, description="the article, and what it says in a few words")]


class Sourced(Noun):
    """A row of a pack, and where the law has it."""

    id: Name
    source: Source


class LawRule(Sourced):
    """A rule of tier `legal`: what it misses stops the action."""

    applies: Annotated[Selector, Field(alias="for")] = Selector()
    require: str
    reason: dict[Language, Text]


class LawDisclosure(Sourced):
    """What the law wants said: with every proposal `for` selects, while `when` holds or cannot be told."""

    applies: Annotated[Selector, Field(alias="for")] = Selector()
    when: str
    text: dict[Language, Text]


class Guarantee(Sourced):
    """What holds whatever rules say; a test of the pack proves it."""

    text: dict[Language, Text]


class LawTest(Given):
    """One action in one contact. `action` is stated over a plain offer; `stopped_by` nothing and `discloses` nothing unless it says so."""

    name: Annotated[Text, Field(min_length=1, description="a sentence")]
    action: dict[str, Any] = Field(default_factory=dict)
    stopped_by: Word | None = None
    discloses: tuple[Word, ...] = ()
    proves: Word | None = None

    def scenario(self, given: Given) -> Scenario:
        """The situation it describes, with what holds for the whole pack written in."""
        own = {name: getattr(self, name) for name in Given.model_fields}
        return with_given(Scenario(name=self.name, expect=Expect(nothing=False), **own), given)


class LawPack(Pack):
    """The law of one jurisdiction. Names of rules and disclosures are its own; in a policy they begin with its id."""

    facts: dict[Name, FactSpec] = Field(default_factory=dict)
    consents: dict[Name, Consent] = Field(default_factory=dict)
    rules: tuple[LawRule, ...] = ()
    disclosures: tuple[LawDisclosure, ...] = ()
    guarantees: tuple[Guarantee, ...] = ()
    given: Given = Given()
    tests: tuple[LawTest, ...] = ()


def load_law(data: bytes, source: str) -> LawPack:
    """Read and validate a law pack. Its conditions are checked where policy and catalogue meet.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    return load(data, source, LawPack, _problems)


def texts_of(pack: LawPack) -> Iterator[tuple[str, Any, str]]:
    """Every row of the pack that has a text: its section, the row, and the key of the text."""
    for section, key in (("rules", "reason"), ("disclosures", "text")):
        for row in getattr(pack, section):
            yield section, row, key


def _problems(document: Document, pack: LawPack) -> list[Problem]:
    sections = ("rules", "disclosures", "guarantees")
    return [
        *[
            p
            for name in sections
            for p in double_names(document, name, "id", (row.id for row in getattr(pack, name)))
        ],
        *_texts(document, pack),
        *[
            document.problem(("tests", index), "has no 'now'; state it here or under 'given'")
            for index, test in enumerate(pack.tests)
            if test.scenario(pack.given).now is None
        ],
        *[
            document.problem(
                ("facts", name),
                f"a fact may not be called '{name}', which the service fills itself; rename it",
            )
            for name in pack.facts
            if name in RESERVED
        ],
        *_untested(document, pack),
    ]


def _texts(document: Document, pack: LawPack) -> Iterator[Problem]:
    for section, row, key in texts_of(pack):
        index = getattr(pack, section).index(row)
        for language, text in getattr(row, key).items():
            try:
                placeholders(text)
            except ValueError as error:
                yield document.problem((section, index, key, language), str(error))


def _untested(document: Document, pack: LawPack) -> Iterator[Problem]:
    """Every rule stops something in a test and something passes it; every disclosure is said, every guarantee proven."""
    named: tuple[tuple[str, str, set[str]], ...] = (
        ("rules", "stopped_by", {test.stopped_by for test in pack.tests if test.stopped_by}),
        ("disclosures", "discloses", {name for test in pack.tests for name in test.discloses}),
        ("guarantees", "proves", {test.proves for test in pack.tests if test.proves}),
    )
    for section, key, seen in named:
        known: dict[Id, int] = {row.id: index for index, row in enumerate(getattr(pack, section))}
        for name, index in known.items():
            if name not in seen:
                yield document.problem(
                    (section, index), f"no test has it in '{key}'; add one that shows what it does"
                )
        for index, test in enumerate(pack.tests):
            given = getattr(test, key)
            for name in given if isinstance(given, tuple) else (given,):
                if name is not None and name not in known:
                    yield document.problem(
                        ("tests", index, key),
                        f"unknown name '{name}'; there are: {', '.join(known) or 'none'}",
                    )
