"""The file of a spool: its tables, and whose file it is. A process holds a lock on its own; files without one are of processes that are no more."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import IO, TYPE_CHECKING, Final, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Kind = Literal["outcome", "event", "customer", "decision"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
WAIT_SECONDS: Final = 2.0
"""For another process, such as a command of the operator, to let go of the file."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS entries (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, partition TEXT NOT NULL, about TEXT NOT NULL,
  body BLOB NOT NULL, stamp INTEGER NOT NULL, writer TEXT NOT NULL, why TEXT);
CREATE INDEX IF NOT EXISTS by_name ON entries (kind, about);
"""
"""`why`: an entry that cannot be taken by the store, set aside; null for those that wait."""
_WAITING: Final = {
    "writes_waiting": "why IS NULL AND kind != 'decision'",
    "decisions_waiting": "why IS NULL AND kind = 'decision'",
}
"""Those that keep their order, and the decisions beside them: index -> what is in it."""
_INDEXES: Final = "".join(
    f"CREATE INDEX IF NOT EXISTS {name} ON entries (number) WHERE {which};"
    for name, which in _WAITING.items()
)
_COLUMNS: Final = "kind, partition, about, body, stamp, writer"


@dataclass(frozen=True, slots=True)
class Entry:
    """`about`: the id of the decision, the outcome or the event, or the customer's. `stamp`: microseconds of the writer's clock."""

    kind: Kind
    partition: str
    about: str
    body: bytes
    stamp: int = 0
    writer: str = ""
    number: int = 0
    why: str | None = None

    @property
    def ordered(self) -> bool:
        """Whether it must not be overtaken by what comes later for the same partition."""
        return self.kind != "decision"


class Counted(NamedTuple):
    """What waits by kind, what must not be overtaken by partition, bytes that wait, and how many entries were set aside."""

    backlog: Counter[str]
    held: Counter[str]
    size: int
    aside: int


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = 1")  # macOS
        connection.execute("PRAGMA journal_size_limit = 10000000")
        connection.execute("PRAGMA cache_size = -500")  # kB: what waits is read once
        connection.executescript(_TABLES + _INDEXES)
        folder = os.open(path.parent, os.O_RDONLY)  # that there is such a file must be on disk too
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        connection.close()
        raise
    return connection


def insert(to: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    rows = [(one.kind, one.partition, one.about, one.body, one.stamp, one.writer) for one in entries]
    to.executemany(f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)  # noqa: S608  our own words


def read(of: sqlite3.Connection, which: str, values: tuple[str, ...], most: int) -> list[Entry]:
    wanted = f"SELECT {_COLUMNS}, number, why FROM entries WHERE {which} ORDER BY number LIMIT {most}"  # noqa: S608  our own words
    return [Entry(*row) for row in of.execute(wanted, values)]


def oldest(of: sqlite3.Connection, most: int, *, ordered: bool) -> list[Entry]:
    """Of those that wait, without reading what lies between them: a decision is some 30 kB, and thousands may wait."""
    index = "writes_waiting" if ordered else "decisions_waiting"
    wanted = (
        f"SELECT {_COLUMNS}, number, why FROM entries INDEXED BY {index} "  # noqa: S608  our own words
        f"WHERE {_WAITING[index]} ORDER BY number LIMIT {most}"
    )
    return [Entry(*row) for row in of.execute(wanted)]


def set_aside_in(path: Path) -> list[Entry]:
    """What the store refused, of a file a process may be using."""
    of = opened(path)
    try:
        return read(of, "why IS NOT NULL", (), -1)
    finally:
        of.close()


def let_go_of(path: Path, entries: Sequence[Entry], *, again: bool) -> None:
    """Send what was set aside again, behind all that waits, or forget it."""
    of = opened(path)
    try:
        of.execute("BEGIN IMMEDIATE")
        if again:
            insert(of, entries)
        of.executemany("DELETE FROM entries WHERE number = ?", [(entry.number,) for entry in entries])
        of.execute("COMMIT")
    finally:
        of.close()


def counted(of: sqlite3.Connection) -> Counted:
    kinds: Counter[str] = Counter()
    held: Counter[str] = Counter()
    size = aside = 0
    wanted = (
        "SELECT kind, partition, why IS NOT NULL, count(*), sum(length(body)) FROM entries GROUP BY 1, 2, 3"
    )
    for kind, partition, is_aside, number, length in of.execute(wanted):
        if is_aside:
            aside += number
            continue
        size += length
        kinds[kind] += number
        if kind != "decision":
            held[partition] += number
    return Counted(kinds, held, size, aside)


# --- whose file it is ---------------------------------------------------------------------------------------------


def own_file(folder: Path) -> tuple[Path, IO[bytes]]:
    """The first file no other process has, and the lock on it, which goes with the process.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in count():
        path = folder / f"{number}.db"
        lock = _locked(path)
        if lock is not None:
            return path, lock
    raise AssertionError  # numbers have no end


def _locked(path: Path) -> IO[bytes] | None:
    lock = path.with_suffix(".lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def adopt_all(to: sqlite3.Connection, ours: Path) -> None:
    """Take over what processes left that are no more."""
    for path in sorted(ours.parent.glob("*.db")):
        lock = None if path == ours else _locked(path)
        if lock is not None:
            with lock:
                _adopt(to, path)


def _adopt(to: sqlite3.Connection, path: Path) -> None:
    """Killed in between, both have it, which does no harm: it counts once."""
    other = opened(path)
    try:
        rows = other.execute(f"SELECT {_COLUMNS}, why FROM entries ORDER BY number").fetchall()  # noqa: S608  our own words
        if not rows:
            return
        to.executemany(f"INSERT INTO entries ({_COLUMNS}, why) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608  our own words
        to.execute("COMMIT")  # on disk here before it is gone there
        other.execute("DELETE FROM entries")
        to.execute("BEGIN IMMEDIATE")
    finally:
        other.close()
