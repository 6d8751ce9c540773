"""What a journal comes to by the rules of docs/science.md, read off entry by entry with everything at hand; and a store in memory that can be killed.

The oracle of `bench.outcomes` and of the tests: it shares no code with the learner but the reading of an entry.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from training.learning.words import Ask, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from training.learning.words import Entry, Key, Word

DAY = 86_400_000
ORDER = {"declined": 0, "deferred": 1, "accepted": 2, "withdrawn": 3, "kept": 0, "relapsed": 1}


def counted(entries: Iterable[Entry]) -> Counter[tuple[Any, ...]]:
    """(day, kind, family, action, channel, motive, odds, what it came to) -> how many, of one partition's entries in the order in which they were written."""
    told: dict[Key, list[tuple[int, Ask | Word]]] = {}
    clock = 0
    for entry in entries:
        clock = max(clock, entry.moment)
        for key, what in said(entry):
            told.setdefault(key, []).append((entry.moment, what))
    found: Counter[tuple[Any, ...]] = Counter()
    for key, words in told.items():
        asks = [what for moment, what in words if isinstance(what, Ask) and moment <= what.made + 60 * DAY]
        if not asks:
            continue
        ask = asks[0]
        came_to = _answer(ask, [(m, w) for m, w in words if not isinstance(w, Ask)], clock)
        if came_to is not None:
            cell = (ask.day, ask.kind, ask.family, key[1], ask.channel, ask.motive, ask.odds)
            found[(*cell, came_to)] += 1
    return found


def _answer(ask: Ask, words: list[tuple[int, Word]], clock: int) -> str | None:
    """yes, no, or of a save kept and relapsed."""
    in_time = [word for moment, word in words if moment <= ask.made + 60 * DAY]
    answers = [w for w in in_time if w.kind in ("declined", "deferred", "accepted", "withdrawn")]
    if answers:
        fates = [w for m, w in words if w.kind in ("kept", "relapsed") and m <= ask.made + 180 * DAY]
        if _last(answers) != "accepted":
            return "no"
        fate = _last(fates) if fates else "yes"
        if ask.kind == "save":
            return fate
        return "no" if fate == "relapsed" else "yes"
    sent = [word.at for word in in_time if word.kind in ("shown", "spoken")]
    if not ask.himself or not sent or any(word.kind == "skipped" for word in in_time):
        return None
    return "no" if min(sent) + 7 * DAY <= min(clock, ask.made + 60 * DAY) else None


def _last(words: list[Word]) -> str:
    return max(words, key=lambda word: (word.at, ORDER[word.kind], word.id)).kind


def as_counts(counts: Mapping[Any, Any]) -> Counter[tuple[Any, ...]]:
    """The learner's counts in the oracle's form."""
    found: Counter[tuple[Any, ...]] = Counter()
    for cell, (asked, yes, kept, relapsed) in counts.items():
        found[(*cell, "kept")] += kept
        found[(*cell, "relapsed")] += relapsed
        found[(*cell, "yes")] += yes - kept - relapsed
        found[(*cell, "no")] += asked - yes
    return +found


class Memory:
    """A store in memory, as far as the learner speaks to one: what a transaction brings is there whole or not at all."""

    def __init__(self) -> None:
        self.hash: dict[bytes, bytes] = {}
        self.keys: dict[str, bytes] = {}
        self.dies = False

    def hgetall(self, _name: str) -> dict[bytes, bytes]:
        """Of the one hash there is."""
        return dict(self.hash)

    def pipeline(self, *, transaction: bool) -> Transaction:
        """Commands that are done together."""
        assert transaction
        return Transaction(self)


class KilledError(Exception):
    """The learner is gone before its transaction reached the store."""


class Transaction:
    """What a pipeline is after MULTI."""

    def __init__(self, store: Memory) -> None:
        self._store = store
        self._hash = copy.copy(store.hash)
        self._keys = copy.copy(store.keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was kept open."""

    def watch(self, _name: str) -> None:
        """Nobody else is there."""

    def multi(self) -> None:
        """From here on all is done at once."""

    def hget(self, _name: str, field: str) -> bytes | None:
        return self._hash.get(field.encode())

    def delete(self, _name: str) -> None:
        self._hash.clear()

    def hset(self, _name: str, mapping: Mapping[str, str]) -> None:
        self._hash.update({field.encode(): value.encode() for field, value in mapping.items()})

    def hdel(self, _name: str, *fields: str) -> None:
        for field in fields:
            self._hash.pop(field.encode(), None)

    def set(self, name: str, value: bytes) -> None:
        self._keys[name] = value

    def execute(self) -> None:
        if self._store.dies:
            raise KilledError
        self._store.hash, self._store.keys = self._hash, self._keys
