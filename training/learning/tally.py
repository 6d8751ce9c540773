"""The journal folded into counts: how often each action was asked at which odds, how often that is a yes which stands, and which saves have held.

Whatever the order in which things are told, how often and how late, the counts come out the same. A partition's own clock, the moment its newest entry
was written, is the only one: who reads the journal again reads the same counts.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from training.learning.words import ANSWERS, FATES, SENT, Ask, Word, day_of, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.learning.words import Entry, Key

DAY = 86_400_000
WINDOW = 7 * DAY
"""How long a message may stay unanswered before that is a no: all contacts of seven days are one conversation."""
OPEN = 60 * DAY
"""Words count that are told so long after the decision: a month to answer, and a month to tell of it."""
FATE = 180 * DAY
"""And what later months say of a yes: four to judge it, one for the table to come, one for the job to be run."""
SKEW = DAY
"""An outcome whose decision is not known waits for it a day longer: two clocks may differ."""
REMEMBERED = 375
"""Days that count: five half-lives, after which a thirtieth would be left."""


class Cell(NamedTuple):
    """What asks have in common that are counted together."""

    day: int
    kind: str
    family: str
    action: str
    channel: str
    motive: str
    odds: int


class Count(NamedTuple):
    """How many were asked, and how many said a yes that stands; of how many of these saves later months say that they held, and that they did not."""

    asked: int
    yes: int
    kept: int = 0
    relapsed: int = 0


YES, NO = Count(1, 1), Count(1, 0)


@dataclass
class Row:
    """One proposal, as long as more may be told of it. `first`: when it was first told of; `counted`: the answer that is in the counts."""

    first: int
    ask: Ask | None = None
    sent: int | None = None
    skipped: bool = False
    answer: Word | None = None
    fate: Word | None = None
    counted: Count | None = None

    @property
    def end(self) -> int:
        """After this moment nothing that is told of it counts."""
        if self.ask is None:
            return self.first + OPEN + SKEW
        stands = self.answer is not None and self.answer.kind == "accepted"
        return self.ask.made + (FATE if stands else OPEN)

    @property
    def silent_at(self) -> int | None:
        """When it has been unanswered for too long; None where silence says nothing: an agent may have left it unsaid."""
        waits = self.ask is not None and self.ask.himself and self.sent is not None
        return self.sent + WINDOW if waits and self.sent is not None and not self.skipped else None

    def hear(self, told: Ask | Word, moment: int) -> None:
        """Take what is told at this moment, if it still counts."""
        if isinstance(told, Ask):
            if self.ask is None and moment <= told.made + OPEN:
                self.ask = told
        elif told.kind in FATES:
            self.fate = later(self.fate, told, FATES)
        elif self.ask is None or moment <= self.ask.made + OPEN:
            if told.kind in ANSWERS:
                self.answer = later(self.answer, told, ANSWERS)
            elif told.kind in SENT:
                self.sent = told.at if self.sent is None else min(self.sent, told.at)
            else:
                self.skipped = True

    def verdict(self, now: int) -> Count | None:
        """What it comes to by itself; None while nobody knows whether he was asked."""
        if self.ask is None:
            return None
        if self.answer is not None:
            return self._answered(self.ask.kind, self.answer.kind)
        silent = self.silent_at
        return NO if silent is not None and silent <= now else None

    def _answered(self, kind: str, answer: str) -> Count:
        if answer != "accepted":
            return NO
        fate = None if self.fate is None else self.fate.kind
        if kind == "save":
            return Count(1, 1, kept=int(fate == "kept"), relapsed=int(fate == "relapsed"))
        return NO if fate == "relapsed" else YES


def later(one: Word | None, other: Word, order: tuple[str, ...]) -> Word:
    """The word that stands."""
    if one is None:
        return other
    return max(one, other, key=lambda word: (word.at, order.index(word.kind), word.id))


@dataclass
class Partition:
    """`place`: the entry it was read up to. `rows` by proposal; `due`: when to look at which again, a heap."""

    place: str = "0-0"
    clock: int = 0
    rows: dict[Key, Row] = field(default_factory=dict)
    due: list[tuple[int, Key]] = field(default_factory=list)

    def wait(self, key: Key) -> None:
        """Look at it again when its time has come."""
        row = self.rows[key]
        silent = row.silent_at
        if silent is not None and row.counted is None and silent <= row.end:
            heapq.heappush(self.due, (silent, key))
        heapq.heappush(self.due, (row.end + 1, key))

    def ripe(self) -> Iterator[Key]:
        """Those whose time has come."""
        while self.due and self.due[0][0] <= self.clock:
            yield heapq.heappop(self.due)[1]


@dataclass
class Tally:
    """`newest`: the day of the newest entry; `taught`: the last day a bundle has learned accepting from, 0 for none. `touched` and `recounted` since `settled`."""

    partitions: dict[str, Partition] = field(default_factory=dict)
    counts: dict[Cell, Count] = field(default_factory=dict)
    newest: int = 0
    taught: int = 0
    touched: set[tuple[str, Key]] = field(default_factory=set)
    recounted: set[Cell] = field(default_factory=set)

    def take(self, tag: str, place: str, entry: Entry) -> None:
        """Count one more entry of a partition; its entries come in the order in which they were written."""
        partition = self.partitions.setdefault(tag, Partition())
        partition.place, partition.clock = place, max(partition.clock, entry.moment)
        self.newest = max(self.newest, day_of(entry.moment))
        for key in partition.ripe():
            self._review(tag, partition, key)
        for key, told in said(entry):
            row = partition.rows.setdefault(key, Row(entry.moment))
            row.hear(told, entry.moment)
            if isinstance(told, Ask):
                self.taught = max(self.taught, told.taught)
            partition.wait(key)
            self._review(tag, partition, key)

    def _review(self, tag: str, partition: Partition, key: Key) -> None:
        """Bring what is counted of a proposal up to date, and forget it when nothing more can change that."""
        row = partition.rows.get(key)
        if row is None:
            return
        self.touched.add((tag, key))
        verdict = row.verdict(min(partition.clock, row.end))
        if row.ask is not None and verdict != row.counted:
            cell = _cell(row.ask, key)
            self._add(cell, row.counted, -1)
            self._add(cell, verdict, 1)
            row.counted = verdict
        if partition.clock > row.end:
            del partition.rows[key]

    def _add(self, cell: Cell, verdict: Count | None, number: int) -> None:
        if verdict is None:
            return
        known = self.counts.get(cell, Count(0, 0))
        self.counts[cell] = Count(*(there + number * one for there, one in zip(known, verdict, strict=True)))
        if self.counts[cell].asked == 0:
            del self.counts[cell]
        self.recounted.add(cell)

    def forget(self) -> None:
        """Let go of days that are too long ago to count."""
        old = [cell for cell in self.counts if cell.day < self.newest - REMEMBERED]
        for cell in old:
            del self.counts[cell]
        self.recounted.update(old)

    def settled(self) -> None:
        """All of this is kept elsewhere now."""
        self.touched.clear()
        self.recounted.clear()


def _cell(ask: Ask, key: Key) -> Cell:
    return Cell(ask.day, ask.kind, ask.family, key[1], ask.channel, ask.motive, ask.odds)
