"""The placeholders of a sentence: `U gebruikt {data_used_gb} GB`.

A placeholder is a name, or `name:format` with one format: `euro` (€ 6 or € 6,50), `number` (the default), `date`, `percent`.
"""

from __future__ import annotations

from string import Formatter

Pieces = tuple[tuple[str, str, str], ...]
FORMATS = frozenset({"", "number", "euro", "date", "percent"})


def pieces_of(text: str) -> Pieces:
    """The literal pieces of a text, each with the placeholder (name, format) after it.

    Raises:
        ValueError: an unclosed brace, a placeholder without a name, or a format that is not known.
    """
    try:
        parts = tuple(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; a literal brace is written twice, {{{{ or }}}}") from None
    return tuple(_piece(*part) for part in parts)


def _piece(literal: str, name: str | None, style: str | None, conversion: str | None) -> tuple[str, str, str]:
    if name is not None and (not name.isidentifier() or conversion):
        raise ValueError(f"placeholder '{{{name}}}' must be the name of a fact")
    if style and style not in FORMATS:
        raise ValueError(
            f"placeholder '{{{name}:{style}}}' has an unknown format; use euro, number, date or percent"
        )
    return (literal, name or "", style or "")


def placeholders(text: str) -> frozenset[str]:
    """The names a text needs. Raises ValueError like `pieces_of`."""
    return frozenset(name for _, name, _ in pieces_of(text) if name)
