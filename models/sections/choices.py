"""What an agent picks from, with one click: why somebody leaves, why he declines, why a proposal was not made."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from models.documents import Path
from models.domain import Language, Noun, Text, Word
from models.sections.leaving import Leaving

Labels = dict[Word, dict[Language, Text]]
"""What is recorded, and what it is called; in the order in which it is shown."""


class Exit(Noun):
    """Why a contract is ended, and the motive that stands for."""

    motive: Word
    text: dict[Language, Text]


class Choices(Noun):
    """Words to be recorded, with what they are called in each language. What is not listed is offered by the word itself."""

    intents: Labels = Field(default_factory=dict)
    motives: Labels = Field(default_factory=dict)
    declined: Labels = Field(default_factory=dict)
    skipped: Labels = Field(default_factory=dict)
    exits: dict[Word, Exit] = Field(default_factory=dict)

    def texts(self) -> Iterator[tuple[Path, dict[Language, Text]]]:
        """Every label, and where it stands."""
        for section in ("intents", "motives", "declined", "skipped"):
            for word, text in getattr(self, section).items():
                yield ("choices", section, word), text
        for word, row in self.exits.items():
            yield ("choices", "exits", word, "text"), row.text


def choice_problems(choices: Choices, leaving: Leaving) -> Iterator[tuple[Path, str]]:
    """Labels that fit no motive and reasons that nobody could pick: where, and how to mend it."""
    named: list[tuple[Path, str]] = [
        *((("choices", "motives", motive), motive) for motive in choices.motives),
        *((("choices", "exits", word, "motive"), row.motive) for word, row in choices.exits.items()),
    ]
    for place, motive in named:
        if motive not in leaving.motives:
            yield place, f"unknown motive '{motive}'; add it to leaving.motives or correct the name"
    for section, missing in (
        ("motives", [motive for motive in leaving.motives if motive not in choices.motives]),
        ("declined", [reason for reason in leaving.declined if reason not in choices.declined]),
    ):
        if getattr(choices, section):  # a list that is begun is the list that is shown
            for word in missing:
                yield ("choices", section), f"nobody could pick '{word}' of leaving; add a label for it"
