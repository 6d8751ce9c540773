"""Sentences filled: `U gebruikt {data_used_gb} GB` becomes what an agent can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from models.placeholders import Pieces, pieces_of
from models.wordbook import Wordbook


@dataclass(frozen=True)
class Sentence:
    """A parsed text in a language: literal pieces and the placeholder (name, format) that follows each."""

    pieces: Pieces
    wordbook: Wordbook

    def fill(self, values: Mapping[str, Any]) -> str | None:
        """The text with its values, or None when one of them is missing."""
        constant = self._constant
        if constant is not None:
            return constant
        filled: list[str] = []
        for literal, name, style in self.pieces:
            filled.append(literal)
            if name:
                value = values.get(name)
                if value is None:
                    return None
                filled.append(written(value, style, self.wordbook))
        return "".join(filled)

    @cached_property
    def _constant(self) -> str | None:
        """The text of a sentence without placeholders, as most are."""
        return None if any(name for _, name, _ in self.pieces) else "".join(piece[0] for piece in self.pieces)

    def whole(self, values: Mapping[str, Any]) -> str:
        """The text whatever is known: when a value is missing every placeholder is left out."""
        text = self.fill(values)
        if text is not None:
            return text
        return "".join(f"{literal}{'…' if name else ''}" for literal, name, _ in self.pieces)


def parse_text(text: str, wordbook: Wordbook) -> Sentence:
    """Parse a text with placeholders, to be filled as this language writes.

    Raises:
        ValueError: an unclosed brace, a placeholder without a name, or a format that is not known.
    """
    return Sentence(pieces_of(text), wordbook)


def written(value: Any, style: str, wordbook: Wordbook) -> str:
    """A value as a person of that language writes it."""
    if isinstance(value, bool):
        return wordbook.yes if value else wordbook.no
    if isinstance(value, date):
        return f"{value.day} {wordbook.months[value.month - 1]} {value.year}"
    if isinstance(value, int | float):
        return _amount(value, style, wordbook.euro, wordbook.decimal, wordbook.thousands)
    if isinstance(value, tuple | list):
        return ", ".join(str(item) for item in value)
    return str(value)


def number(value: float, decimals: int, wordbook: Wordbook) -> str:
    """To so many decimals, or none for a whole number, with the signs of that language."""
    return _number(value, decimals, wordbook.decimal, wordbook.thousands)


def _number(value: float, decimals: int, decimal: str, thousands: str) -> str:
    text = f"{value:z,.{decimals}f}".removesuffix("." + "0" * decimals)
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


@lru_cache(maxsize=8_000)
def _amount(value: float, style: str, euro: str, decimal: str, thousands: str) -> str:
    """Prices and counts are the same for many customers."""
    if style == "euro":
        return euro.format(amount=_number(value, 2, decimal, thousands))
    if style == "percent":
        return f"{_number(100 * value, 1, decimal, thousands)}%"
    return _number(value, 1, decimal, thousands)
