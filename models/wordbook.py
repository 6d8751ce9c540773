"""A language as data: what the software itself says in it, and how it writes numbers, euros, days, yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from models.documents import Document, Problem
from models.domain import Language, Noun, Text, Word
from models.placeholders import placeholders
from models.written import Written, load

Said = Annotated[Text, Field(min_length=1)]
Button = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Mark = Annotated[str, StringConstraints(max_length=1)]
AMOUNT = "{amount}"


class MessageWords(Noun):
    """What a message to a customer says that is no proposal: on its buttons, and when there is nothing to propose."""

    person: Button
    none: Button
    choose: Button
    nothing: Said


class Wordbook(Written, Noun):
    """One language. `rules` are the reasons the software gives, `changes` what sentences about changes are made of.

    `names` and `values` say what paths of the rules, and the words of their closed lists, are called in those sentences.
    """

    language: Language
    months: Annotated[tuple[Said, ...], Field(min_length=12, max_length=12)]
    yes: Said
    no: Said
    decimal: Mark
    thousands: Mark
    euro: Annotated[Said, Field(description="how an amount in euros is written, with {amount} in it")]
    message: MessageWords
    rules: dict[Word, Said]
    changes: dict[Word, Said]
    names: dict[Word, Said]
    values: dict[Word, dict[Word, Said]] = Field(default_factory=dict)


def load_wordbook(data: bytes, source: str) -> Wordbook:
    """Read and validate a language file. What it must say is checked where policy and catalogue meet.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    return load(data, source, Wordbook, _problems)


def _problems(document: Document, wordbook: Wordbook) -> Iterator[Problem]:
    for section in ("rules", "changes", "names"):
        for key, text in getattr(wordbook, section).items():
            try:
                placeholders(text)
            except ValueError as error:
                yield document.problem((section, key), str(error))
    if (wordbook.euro.count("{"), wordbook.euro.count(AMOUNT)) != (1, 1):
        yield document.problem(("euro",), f"must name {AMOUNT} once and nothing else; add it")
