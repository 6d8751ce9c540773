"""Where the learner keeps what it has counted: beside the snapshot and its places in the journal, written together or not at all.

All keys lie in one slot, so that one transaction reaches them on a cluster too. So every entry counts once, also where the learner was killed: what was not
written was not counted, and is read again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from training.errors import ServiceError
from training.learning.tally import Cell, Count, Partition, Row, Tally
from training.learning.words import Ask, Word
from training.store import LEARNED

if TYPE_CHECKING:
    from training.learning.words import Key

STATE = f"{{{LEARNED}}}:state"
"""A hash: turn, taught, newest, `at:` a partition, `row:` a proposal, `count:` a cell."""
BEAT = f"{{{LEARNED}}}:beat"
"""Up to which moment everything in the journal is counted, ISO 8601."""
PART = 5000
"""Fields written in one command."""


class SecondLearnerError(ServiceError):
    """Two learners would count everything twice."""


@dataclass
class Keeper:
    """`turn`: how often it was written; another learner's write shows in it."""

    client: Any
    turn: int = 0

    def join(self) -> None:
        """Take one's turn without what was counted."""
        self.turn = int(self.client.hget(STATE, "turn") or 0)

    def load(self) -> Tally | None:
        """What was counted; None where nothing ever was."""
        found = {key.decode(): value.decode() for key, value in self.client.hgetall(STATE).items()}
        if not found:
            return None
        self.turn = int(found["turn"])
        tally = Tally(newest=int(found["newest"]), taught=int(found["taught"]))
        for field, value in found.items():
            what, _, name = field.partition(":")
            if what == "at":
                place, clock = value.split()
                tally.partitions.setdefault(name, Partition()).place = place
                tally.partitions[name].clock = int(clock)
            elif what == "count":
                tally.counts[Cell(*json.loads(name))] = Count(*map(int, value.split()))
            elif what == "row":
                tag, decision_id, action_id = name.split(" ")
                partition, key = tally.partitions.setdefault(tag, Partition()), (decision_id, action_id)
                partition.rows[key] = _row(json.loads(value))
                partition.wait(key)
        return tally

    def write(self, tally: Tally, snapshot: bytes | None, *, afresh: bool = False) -> None:
        """What changed since the last time, with the snapshot where there is a new one; `afresh`: instead of all that was kept.

        Raises:
            SecondLearnerError: another learner has written meanwhile.
        """
        with self.client.pipeline(transaction=True) as pipe:
            pipe.watch(STATE)
            if int(pipe.hget(STATE, "turn") or 0) != self.turn:
                raise SecondLearnerError("another learner is at work; let one of them end")
            pipe.multi()
            if afresh:
                pipe.delete(STATE)
            fields, gone = _changes(tally)
            fields |= {"turn": str(self.turn + 1), "newest": str(tally.newest), "taught": str(tally.taught)}
            rows = list(fields.items())
            for start in range(0, len(rows), PART):
                pipe.hset(STATE, mapping=dict(rows[start : start + PART]))
            for start in range(0, len(gone), PART):
                pipe.hdel(STATE, *gone[start : start + PART])
            if snapshot is not None:
                pipe.set(LEARNED, snapshot)
            pipe.execute()
        self.turn += 1
        tally.settled()

    def beat(self, until: int) -> None:
        """Say up to which moment, ms, all is counted."""
        self.client.set(BEAT, datetime.fromtimestamp(until / 1000, UTC).isoformat())

    def now(self) -> int:
        """The store's clock, ms, which the journal goes by too."""
        seconds, micros = self.client.time()
        return int(seconds) * 1000 + int(micros) // 1000


def _changes(tally: Tally) -> tuple[dict[str, str], list[str]]:
    """Fields to write, and those that are no more."""
    fields = {f"at:{tag}": f"{part.place} {part.clock}" for tag, part in tally.partitions.items()}
    gone = []
    for tag, key in tally.touched:
        row, name = tally.partitions[tag].rows.get(key), f"row:{tag} {key[0]} {key[1]}"
        if row is None:
            gone.append(name)
        else:
            fields[name] = _as_json(asdict(row))
    for cell in tally.recounted:
        count, name = tally.counts.get(cell), f"count:{_as_json(cell)}"
        if count is None:
            gone.append(name)
        else:
            fields[name] = " ".join(map(str, count))
    return fields, gone


def _as_json(what: Any) -> str:
    return json.dumps(what, separators=(",", ":"))


def _row(found: dict[str, Any]) -> Row:
    for name, of in (("ask", Ask), ("answer", Word), ("fate", Word), ("counted", Count)):
        if isinstance(found[name], bool):  # as it was kept before it was counted which saves held
            found[name] = Count(1, int(found[name]))
        elif found[name] is not None:
            found[name] = of(*found[name])
    return Row(**found)


def everything(tally: Tally) -> None:
    """Mark all of it as changed, to be written afresh."""
    tally.recounted.update(tally.counts)
    keys: list[tuple[str, Key]] = [(tag, key) for tag, part in tally.partitions.items() for key in part.rows]
    tally.touched = set(keys)
