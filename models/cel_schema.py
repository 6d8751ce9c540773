"""The facts that conditions may read, with their types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from models.cel_tree import FUNCTIONS
from models.cel_values import Kind, Reader, kind_of, reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

RESERVED = frozenset(
    {
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
    }
    | {"package", "namespace", "return", "var", "void", "while"},
)
PART = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*_?")


@dataclass(frozen=True)
class Schema:
    """The facts an expression may read: dotted path to type, and the values a string (element, map key) is closed to.

    Types: number, integer, string, boolean, date, timestamp, duration, list[T], map[T]. Raises ValueError for a bad declaration.
    """

    types: Mapping[str, str]
    values: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.types:
            parts = path.split(".")
            if not all(map(PART.fullmatch, parts)):
                raise ValueError(
                    f"{path}: a fact is named by letters, digits and single underscores, parts joined by dots"
                )
            if parts[0] in RESERVED | FUNCTIONS:
                raise ValueError(f"{path}: {parts[0]} is a word of CEL; choose another name")
            inside = [".".join(parts[:n]) for n in range(1, len(parts)) if ".".join(parts[:n]) in self.types]
            if inside:
                raise ValueError(
                    f"{path} lies inside {inside[0]}, which is declared as {self.types[inside[0]]}; declare one of the two"
                )
        for path in set(self.values) - set(self.types):
            raise ValueError(f"{path}: values are given for a fact without a type; declare its type")
        _ = self.kinds

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {path: self._kind(path, text) for path, text in self.types.items()}

    def _kind(self, path: str, text: str) -> Kind:
        try:
            return kind_of(text, frozenset(self.values.get(path, ())))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    @cached_property
    def readers(self) -> dict[str, Reader]:
        return {path: reader(kind) for path, kind in self.kinds.items()}

    @cached_property
    def roots(self) -> frozenset[str]:
        return frozenset(path.split(".")[0] for path in self.types)
