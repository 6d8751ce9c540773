"""What kind of contact this is, and which kinds of action that lets in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field, field_validator

from models.documents import Path
from models.domain import ActionKind, Language, Noun, Text, Word


class Admission(Noun):
    """Kinds a mode allows beyond its own, while `when` holds, for actions with one of `motives` (any when empty)."""

    kinds: Annotated[tuple[ActionKind, ...], Field(min_length=1)]
    motives: tuple[Word, ...] = ()
    when: str | None = None


class Reopening(Noun):
    """A sentence on what must end before another mode can follow, said while `when` holds."""

    when: str | None = None
    text: dict[Language, Text]


class Mode(Noun):
    """What kind of contact this is. The first mode whose `when` holds decides; its `kinds` stand in their order.

    `text` is what the agent reads the mode as, `evidence` its ground, one line for each row that holds, and `reopens` what must
    come to an end before another mode can follow; a text alone is a row that is always said.
    """

    id: Word
    when: str | None = None
    kinds: tuple[ActionKind, ...]
    also: tuple[Admission, ...] = ()
    evidence: tuple[Word, ...] = ()
    text: dict[Language, Text]
    reopens: tuple[Reopening, ...] = ()

    @field_validator("reopens", mode="before")
    @classmethod
    def _one_row(cls, value: Any) -> Any:
        return [{"text": value}] if isinstance(value, dict) else value


def mode_problems(modes: Sequence[Mode], codes: Collection[str]) -> Iterator[tuple[Path, str]]:
    """What is wrong with the order and the evidence of the modes: where, and how to mend it. `codes` are those of the reasons."""
    for index, mode in enumerate(modes):
        last = index == len(modes) - 1
        if last and mode.when is not None:
            yield ("modes", index, "when"), "the last mode is for everything else; remove 'when'"
        if not last and mode.when is None:
            message = "has no 'when', so no later mode can be reached; add one or move it last"
            yield ("modes", index), message
        for position, code in enumerate(mode.evidence):
            if code not in codes:
                yield ("modes", index, "evidence", position), f"unknown reason '{code}'; add it to reasons"
