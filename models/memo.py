"""Answers kept by what they answer: bounded, the oldest forgotten first."""

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
        """Keep and return a value; when the memo is full the entry that came first goes."""
        if len(self) >= self.most:
            del self[next(iter(self))]
        self[key] = value
        return value
