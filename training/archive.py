"""The journal moves from Redis to Parquet by day: written and synced first, trimmed after, and only where the learner has counted it.

Where it stopped is told by the files themselves: each is named by the first and last entry it holds and appears whole or not at all.
So a run that is killed anywhere is taken up by the next one, and no entry is lost or stands twice.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import ValidationError

from models.domain import PARTITIONS
from models.learned import load_learned
from training.errors import ServiceError
from training.store import LEARNED, connected, journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 2000
SCHEMA = {
    "entry": pl.String,
    "partition": pl.String,
    "kind": pl.String,
    "id": pl.String,
    "customer_id": pl.String,
    "at": pl.String,
    "record": pl.String,
    "lesson": pl.String,
}
"""`entry`: its id in the stream, the moment it was written in ms; `record`: JSON, null when it has been erased or has expired.

`lesson`: JSON of `models.lesson.Lesson`, of a decision that priced something.
"""

PART = re.compile(r"part-(p\d\d)-(\d+)-(\d+)-to-(\d+)-(\d+)\.parquet")

Entry = tuple[int, int]


class ArchiveError(ServiceError):
    """Redis or the folder cannot be used."""


@dataclass(frozen=True)
class Moved:
    """What one run did: entries written, files made, entries trimmed, and partitions left whole because nothing of them is learned yet."""

    written: int = 0
    files: int = 0
    trimmed: int = 0
    waiting: int = 0

    def __add__(self, other: Moved) -> Moved:
        """Both together."""
        return Moved(
            self.written + other.written,
            self.files + other.files,
            self.trimmed + other.trimmed,
            self.waiting + other.waiting,
        )


def archive(url: str, out: Path, *, trim: bool) -> Moved:
    """Write what is new in all journal streams to `out`/journal/date=…; with `trim`, what is written and counted by the learner leaves Redis.

    Raises:
        ArchiveError: Redis does not answer or refuses, or another run is at work in `out`.
    """
    with (
        connected(url, "what was written stays, run it again", ArchiveError) as client,
        alone(out / "journal"),
    ):
        done, moved = _written(out / "journal"), Moved()
        for tag in (f"p{number:02d}" for number in range(PARTITIONS)):
            last, new = _stream(client, tag, out / "journal", done.get(tag))
            moved += new
            done |= {} if last is None else {tag: last}
        return moved + (_trimmed(client, done) if trim else Moved())


def _trimmed(client: Any, done: dict[str, Entry]) -> Moved:
    """Take out of Redis what is on disk and in the snapshot: what nobody has counted would never be learned from."""
    found = client.get(LEARNED)
    try:
        counted = {} if found is None else load_learned(found).counted
    except ValidationError:
        raise ArchiveError(
            f"{LEARNED}: no snapshot of this learner; run `python -m training learn`"
        ) from None
    moved = Moved()
    for tag, last in done.items():
        if tag in counted:
            least = min(last, _entry(counted[tag]))
            # MINID keeps what is at or above it: the entry after the last one that may go.
            gone = client.xtrim(journal(tag), minid=f"{least[0]}-{least[1] + 1}", approximate=False)
            moved += Moved(trimmed=int(gone))
        else:
            moved += Moved(waiting=int(client.xlen(journal(tag)) > 0))
    return moved


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two runs in one folder would write the same entries twice."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveError(f"another run is at work in '{folder}'; wait for it") from None
        yield


def _written(folder: Path) -> dict[str, Entry]:
    """Partition -> the last entry that is on disk."""
    last: dict[str, Entry] = {}
    for path in folder.glob("date=*/part-*.parquet"):
        name = PART.fullmatch(path.name)
        if name:
            tag, entry = name[1], (int(name[4]), int(name[5]))
            last[tag] = max(last.get(tag, entry), entry)
    return last


def _stream(client: Any, tag: str, folder: Path, last: Entry | None) -> tuple[Entry | None, Moved]:
    moved = Moved()
    while True:
        start = "-" if last is None else f"({last[0]}-{last[1]}"
        entries: Any = client.xrange(journal(tag), min=start, max="+", count=CHUNK)
        if entries:
            last = _entry(entries[-1][0])
            moved += _write(client, tag, entries, folder)
        if len(entries) < CHUNK:
            return last, moved


def _write(client: Any, tag: str, entries: list[Any], folder: Path) -> Moved:
    records = _records(client, tag, entries)
    rows = [_row(tag, key, fields, records) for key, fields in entries]
    moved = Moved()
    for day, some in groupby(rows, key=lambda row: _day(row["entry"])):
        part = list(some)
        name = f"part-{tag}-{part[0]['entry']}-to-{part[-1]['entry']}.parquet"
        write_part(pl.DataFrame(part, schema=SCHEMA), folder / f"date={day}", name)
        moved += Moved(written=len(part), files=1)
    return moved


def _records(client: Any, tag: str, entries: list[Any]) -> dict[bytes, bytes | None]:
    """The full records of decisions, and of what a challenger would have decided, lie under keys of their own, so that they can be erased."""
    places = [_place(tag, fields) for _, fields in entries if b"record" not in fields]
    found: Any = client.mget(places) if places else []
    return dict(zip(places, found, strict=True))


def _place(tag: str, fields: dict[bytes, bytes]) -> bytes:
    """Where the record of an entry lies that has none itself."""
    return b"{%b}:%b:%b" % (tag.encode(), fields[b"kind"], fields[b"id"])


def _row(
    tag: str, key: bytes, fields: dict[bytes, bytes], records: dict[bytes, bytes | None]
) -> dict[str, Any]:
    record = fields[b"record"] if b"record" in fields else records[_place(tag, fields)]
    return {
        "entry": key.decode(),
        "partition": tag,
        "kind": fields[b"kind"].decode(),
        "id": fields[b"id"].decode(),
        "customer_id": fields[b"customer"].decode(),
        "at": fields[b"at"].decode(),
        "record": None if record is None else record.decode(),
        "lesson": fields[b"lesson"].decode() if b"lesson" in fields else None,
    }


def write_part(frame: pl.DataFrame, folder: Path, name: str) -> None:
    """The file is whole, synced and known by its name before anything is trimmed."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{name}.new"
    with fresh.open("wb") as file:
        frame.write_parquet(file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(folder / name)
    for place in (folder, folder.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _entry(key: bytes | str) -> Entry:
    moment, _, number = (key.decode() if isinstance(key, bytes) else key).partition("-")
    return int(moment), int(number)


def _day(entry: str) -> str:
    moment = int(entry.partition("-")[0]) / 1000
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
