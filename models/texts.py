"""Sentences with placeholders: `U gebruikt {data_used_gb} GB` becomes what an agent can say.

A placeholder is a name, or `name:format` with one format: `euro` (€ 6 or € 6,50), `number` (the default), `date`, `percent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from string import Formatter
from typing import Any

FORMATS = frozenset({"", "number", "euro", "date", "percent"})
_MONTHS = {
    "nl": [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_DUTCH = str.maketrans(",.", ".,")
_YES_NO = {"nl": ("nee", "ja"), "en": ("no", "yes")}


@dataclass(frozen=True)
class Sentence:
    """A parsed text: literal pieces and the placeholder (name, format) that follows each."""

    pieces: tuple[tuple[str, str, str], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """What must be known to say it."""
        return frozenset(name for _, name, _ in self.pieces if name)

    def fill(self, values: Mapping[str, Any], language: str) -> str | None:
        """The text with its values, or None when one of them is missing."""
        if not self.pieces:
            return ""
        if len(self.pieces) == 1 and not self.pieces[0][1]:
            return self.pieces[0][0]
        filled: list[str] = []
        for literal, name, style in self.pieces:
            filled.append(literal)
            if name:
                value = values.get(name)
                if value is None:
                    return None
                filled.append(written(value, style, language))
        return "".join(filled)

    def whole(self, values: Mapping[str, Any], language: str) -> str:
        """The text whatever is known: when a value is missing every placeholder is left out."""
        text = self.fill(values, language)
        if text is not None:
            return text
        return "".join(f"{literal}{'…' if name else ''}" for literal, name, _ in self.pieces)


def parse_text(text: str) -> Sentence:
    """Parse a text with placeholders.

    Raises:
        ValueError: an unclosed brace, a placeholder without a name, or a format that is not known.
    """
    try:
        parts = tuple(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; a literal brace is written twice, {{{{ or }}}}") from None
    return Sentence(tuple(_piece(*part) for part in parts))


def _piece(literal: str, name: str | None, style: str | None, conversion: str | None) -> tuple[str, str, str]:
    if name is not None and (not name.isidentifier() or conversion):
        raise ValueError(f"placeholder '{{{name}}}' must be the name of a fact")
    if style and style not in FORMATS:
        raise ValueError(
            f"placeholder '{{{name}:{style}}}' has an unknown format; use euro, number, date or percent"
        )
    return (literal, name or "", style or "")


def placeholders(text: str) -> frozenset[str]:
    """The names a text needs. Raises ValueError like `parse_text`."""
    return parse_text(text).names


def written(value: Any, style: str, language: str) -> str:
    """A value as a person of that language writes it; Dutch has a decimal comma."""
    if isinstance(value, bool):
        return _YES_NO.get(language, _YES_NO["en"])[value]
    if isinstance(value, date):
        months = _MONTHS.get(language, _MONTHS["en"])
        return f"{value.day} {months[value.month - 1]} {value.year}"
    if isinstance(value, int | float):
        return _number(value, style, language)
    if isinstance(value, tuple | list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _number(value: float, style: str, language: str) -> str:
    if style == "percent":
        value *= 100
    decimals = 2 if style == "euro" else 1
    text = f"{value:z,.{decimals}f}"
    text = text.removesuffix("." + "0" * decimals)
    if language == "nl":
        text = text.translate(_DUTCH)
    if style == "euro":
        return f"€ {text}" if language == "nl" else f"€{text}"
    return f"{text}%" if style == "percent" else text
