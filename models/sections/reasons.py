"""Grounds an agent can read."""

from __future__ import annotations

from models.domain import Language, Noun, Text, Word


class ReasonRow(Noun):
    """A ground an agent can read: given when `when` holds. Texts are filled from facts."""

    code: Word
    when: str | None = None
    text: dict[Language, Text]
