"""Answers kept by what they answer: bounded, and begun anew when full."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


class Memo(dict[Key, Kept]):
    """A dictionary of at most `most` entries. What is kept must follow from its key alone."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def keep(self, key: Key, value: Kept) -> Kept:
        """Keep and return a value. A full memo starts anew: letting the first entry go each time would have to look for it."""
        if len(self) >= self.most:
            self.clear()
        self[key] = value
        return value
