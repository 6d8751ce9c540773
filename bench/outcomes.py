"""Outcomes told twice, late, out of order, ahead of their decision and taken back, to a learner that is killed: `python -m bench outcomes`.

BEHOUD_BENCH_SEQUENCES names how many random sequences are played (default 10,000).
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bench.public import row
from bench.told import KilledError, Memory, as_counts, counted
from training.learning.fit import corrections
from training.learning.keeping import Keeper, everything
from training.learning.tally import Tally
from training.learning.words import Entry

START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000
TAGS = ("p00", "p01")
ACTIONS = {"sell-tv": ("offer", "television"), "discount": ("save", "saves")}
KINDS = (
    "shown",
    "spoken",
    "accepted",
    "declined",
    "deferred",
    "skipped",
    "withdrawn",
    "kept",
    "relapsed",
)
days = st.sampled_from((0, 1, 3, 7, 8, 20, 30))
told = st.tuples(st.sampled_from(sorted(ACTIONS)), st.sampled_from(KINDS), days)
played = {"sequences": 0, "entries": 0, "kills": 0, "counted": 0}


class Journal(RuleBasedStateMachine):
    """Two partitions, a learner that reads them, and the oracle at the end."""

    @initialize()
    def begin(self) -> None:
        self.streams: dict[str, list[tuple[str, Entry]]] = {tag: [] for tag in TAGS}
        self.unsaid: list[tuple[str, str, str, int]] = []  # decisions that have not reached the journal yet
        self.decisions: list[tuple[str, str, int]] = []
        self.clock = START
        self.store = Memory()
        self.keeper, self.tally = Keeper(self.store), Tally()
        self.decide("p00", "voice", ahead=False)
        self.decide("p00", "whatsapp", ahead=False)
        self.decide("p01", "voice", ahead=True)

    # --- the world --------------------------------------------------------------------------------------------------

    @rule(tag=st.sampled_from(TAGS), channel=st.sampled_from(("voice", "whatsapp")), ahead=st.booleans())
    def decide(self, tag: str, channel: str, ahead: bool) -> None:
        name = f"{tag}-{len(self.decisions)}"
        self.decisions.append((tag, name, self.clock))
        self.unsaid.append((tag, name, channel, self.clock))
        if not ahead:
            self.tell_decision(0)

    @precondition(lambda self: self.unsaid)
    @rule(which=st.integers(0, 3))
    def tell_decision(self, which: int) -> None:
        tag, name, channel, made = self.unsaid.pop(-1 - which % len(self.unsaid))
        asked = {
            action: {"kind": kind, "family": family, "logit": -1.5}
            for action, (kind, family) in ACTIONS.items()
        }
        lesson = {"channel": channel, "asked": asked, "motive": "price"}
        self._append(tag, "decision", name, made, lesson=json.dumps(lesson))

    @rule(which=st.integers(0, 5), words=st.lists(told, min_size=1, max_size=5))
    def tell(self, which: int, words: list[tuple[str, str, int]]) -> None:
        tag, name, made = self.decisions[-1 - which % len(self.decisions)]
        for action, kind, late in words:
            at = max(made, self.clock - late * DAY)
            record = {
                "outcome_id": f"o-{len(self.streams[tag])}",
                "decision_id": name,
                "action_id": action,
                "kind": kind,
                "at": _text(at),
            }
            self._append(tag, "outcome", record["outcome_id"], at, record=json.dumps(record))

    @precondition(lambda self: any(self.streams.values()))
    @rule(tag=st.sampled_from(TAGS), which=st.integers(0, 5))
    def tell_again(self, tag: str, which: int) -> None:
        if self.streams[tag]:
            _, entry = self.streams[tag][-1 - which % len(self.streams[tag])]
            self._put(tag, entry._replace(moment=self.clock))

    @rule(passed=days)
    def wait(self, passed: int) -> None:
        self.clock += passed * DAY + 1

    def _append(self, tag: str, kind: str, name: str, at: int, record: str = "", lesson: str = "") -> None:
        self._put(tag, Entry(self.clock, kind, name, _text(at), record, lesson))

    def _put(self, tag: str, entry: Entry) -> None:
        played["entries"] += 1
        self.streams[tag].append((f"{entry.moment}-{len(self.streams[tag])}", entry))

    # --- the learner ------------------------------------------------------------------------------------------------

    @rule(most=st.integers(1, 6), killed=st.booleans())
    def learn(self, most: int, killed: bool) -> None:
        self._read(most)
        self.store.dies = killed
        try:
            self.keeper.write(self.tally, None)
        except KilledError:
            played["kills"] += 1
            self._start()
        self.store.dies = False

    def _start(self) -> None:
        self.keeper = Keeper(self.store)
        self.tally = self.keeper.load() or Tally()

    def _read(self, most: int) -> None:
        for tag, stream in self.streams.items():
            known = self.tally.partitions.get(tag)
            places = [place for place, _ in stream]
            first = places.index(known.place) + 1 if known is not None else 0
            for place, entry in stream[first : first + most]:
                self.tally.take(tag, place, entry)

    def teardown(self) -> None:
        played["sequences"] += 1
        self._read(10**6)
        self.keeper.write(self.tally, None)
        whole = sum((counted(entry for _, entry in stream) for stream in self.streams.values()), counted(()))
        rebuilt = Tally()
        for tag, stream in self.streams.items():
            for place, entry in stream:
                rebuilt.take(tag, place, entry)
        kept = Keeper(self.store).load()
        assert kept is not None
        assert as_counts(self.tally.counts) == whole
        for other in (rebuilt, kept):
            assert other.counts == self.tally.counts
            assert (other.newest, other.taught) == (self.tally.newest, self.tally.taught)
            assert _open(other) == _open(self.tally)
        everything(rebuilt)
        afresh = Memory()
        Keeper(afresh).write(rebuilt, None, afresh=True)
        assert {**afresh.hash, b"turn": b""} == {**self.store.hash, b"turn": b""}
        played["counted"] += sum(whole.values())
        if (
            whole and played["sequences"] % 100 == 50
        ):  # the same counts give the same corrections; that takes long
            assert corrections(rebuilt.counts, rebuilt.newest) == corrections(kept.counts, kept.newest)


def _open(tally: Tally) -> dict[str, Any]:
    return {tag: (part.place, part.clock, part.rows) for tag, part in tally.partitions.items()}


def _text(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def play(sequences: int) -> None:
    """That many random sequences of at most 40 steps; AssertionError with the shortest one that fails."""
    run_state_machine_as_test(
        Journal,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=40,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def measure() -> list[dict[str, Any]]:
    """One row: how many sequences came out as the oracle has them."""
    wanted = int(os.environ.get("BEHOUD_BENCH_SEQUENCES") or 10_000)
    played.update(dict.fromkeys(played, 0))
    play(wanted)
    found = played["sequences"]
    unit = f"equal the oracle, kept and rebuilt; {played['entries']:,} entries, {played['kills']:,} kills, {played['counted']:,} answers"
    return [row("outcomes.sequences", found, unit, f">= {wanted}", found >= wanted)]
