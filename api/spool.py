"""Writes that were acknowledged while the store was away: on this machine's disk, in order, until the store has them.

SQLite in WAL mode with `synchronous=FULL`, in one file a process. One thread owns it; what waits for it together is committed together.
Outcomes, events and customers are kept in their order, decisions beside them without one.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, Final, TypeVar

from api.connection import StoreAwayError
from api.spool_file import adopt_all, counted, insert, oldest, opened, own_file, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from api.spool_file import Counted, Entry

log = logging.getLogger("behoud.spool")

T = TypeVar("T")
Job = tuple["Callable[[sqlite3.Connection], object]", "asyncio.Future[object]"]

TOGETHER: Final = 500
"""Jobs committed at once."""


class SpoolError(StoreAwayError):
    """The disk does not take it now, or as much waits already as may: nothing was kept."""


class Spool:
    """`most`: bytes that may wait; decisions have half of it, so that outcomes find room.

    `backlog` counts what waits, by kind; `aside` what was set aside; `resting` the calls that wait for the disk; `fault` says why it took nothing, and is empty once it has. Who relays
    holds `relaying`.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._file: tuple[Path, IO[bytes]] | None = None
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._bytes = self._changes = 0
        self._held: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._work, name="spool", daemon=True)
        self.relaying = asyncio.Lock()
        self.backlog: Counter[str] = Counter()
        self.aside = 0
        self.resting = 0
        self.fault = ""
        self._thread.start()

    # --- for whoever writes -------------------------------------------------------------------------------------

    def holds(self, partition: str) -> bool:
        """Whether anything waits that a later write for this partition must not overtake."""
        return self._held[partition] > 0

    async def put(self, entries: Sequence[Entry]) -> None:
        """Keep these; they are on disk when this returns.

        Raises:
            SpoolError: none of them was kept.
        """
        size = sum(len(entry.body) for entry in entries)
        room = self._most if all(entry.ordered for entry in entries) else self._most // 2
        if self._bytes + size > room:
            self.fault = f"{self._bytes} bytes wait, and {self._most} may"
            raise SpoolError(self.fault, "full")
        self._count(entries, 1)  # before it is on disk: nothing may overtake it from now on
        try:
            await self._done(lambda to: insert(to, entries))
        except SpoolError:
            self._count(entries, -1)
            raise
        self.fault = ""

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Around what a call waits for here: it is no work of this process meanwhile."""
        self.resting += 1
        try:
            yield
        finally:
            self.resting -= 1

    # --- for whoever relays -------------------------------------------------------------------------------------

    async def first(self, most: int, *, ordered: bool) -> list[Entry]:
        """The oldest of those that wait: of outcomes, events and customers, or of decisions."""
        return await self._done(lambda of: oldest(of, most, ordered=ordered))

    async def drop(self, entries: Sequence[Entry]) -> None:
        """Let go of what the store has now."""
        numbers = [(entry.number,) for entry in entries]
        await self._done(lambda of: of.executemany("DELETE FROM entries WHERE number = ?", numbers))
        self._count(entries, -1)

    async def set_aside(self, entry: Entry, why: str) -> None:
        """Keep it out of the way: the store refuses it, whenever it is asked."""
        said = (why[:500], entry.number)
        await self._done(lambda of: of.execute("UPDATE entries SET why = ? WHERE number = ?", said))
        self._count([entry], -1)
        self.aside += 1

    async def decisions(self, ids: Sequence[str]) -> dict[str, bytes]:
        """What is kept of those of these decisions that wait here, by id."""
        if not (self.backlog["decision"] and ids):
            return {}
        which = f"kind = 'decision' AND about IN ({', '.join('?' * len(ids))})"
        found = await self._done(lambda of: read(of, which, tuple(ids), len(ids)))
        return {entry.about: entry.body for entry in found}

    async def look(self) -> None:
        """Count anew what waits: an operator may have released or dropped something."""
        changes = self._changes
        found = await self._done(counted)
        if changes == self._changes:  # else it was counted while it changed
            self._take(found)

    # --- its life -----------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Find what was left here, and what processes left that are no more. A disk that does not work is said and tried again."""
        try:
            await self._done(self._adopt)
            self._take(await self._done(counted))
        except SpoolError as error:
            log.error("the spool cannot be used", extra={"why": str(error)})  # noqa: TRY400  the reason is the message

    async def close(self) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    @property
    def bytes(self) -> int:
        """How much waits."""
        return self._bytes

    def _count(self, entries: Sequence[Entry], by: int) -> None:
        self._changes += 1
        for entry in entries:
            self.backlog[entry.kind] += by
            self._bytes += by * len(entry.body)
            if entry.ordered:
                self._held[entry.partition] += by

    def _take(self, found: Counted) -> None:
        self.backlog, self._held, self._bytes, self.aside = found

    async def _done(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """The answer to a job, once it is committed."""
        future: asyncio.Future[object] = self._loop.create_future()
        self._jobs.put((job, future))
        try:
            answer = await future
        except (sqlite3.Error, OSError) as error:
            self.fault = f"{type(error).__name__}: {error}"
            raise SpoolError(self.fault, "disk") from error
        finally:
            del future  # it holds the error, whose traceback holds this frame
        return answer  # type: ignore[return-value]  # what the job answers

    # --- the thread ---------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < TOGETHER and not self._jobs.empty():
                jobs.append(self._jobs.get())
            self._commit([job for job in jobs if job is not None])
            if None in jobs:
                self._let_go()
                if self._file is not None:
                    self._file[1].close()
                return

    def _commit(self, jobs: Sequence[Job]) -> None:
        """All of these at once; if one fails, none was done."""
        answers: list[object] = []
        failed: Exception | None = None
        try:
            connection = self._usable()
            connection.execute("BEGIN IMMEDIATE")
            answers = [job(connection) for job, _ in jobs]
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            failed = error.with_traceback(None)  # which would hold this frame, and what was to be written
            self._let_go()  # after a failed flush nobody knows what the system has kept: read anew
        for place, (_, future) in enumerate(jobs):
            self._loop.call_soon_threadsafe(_settle, future, failed or answers[place])

    def _usable(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file = self._file or own_file(self._folder)
            self._connection = opened(self._file[0])
        return self._connection

    def _adopt(self, to: sqlite3.Connection) -> None:
        if self._file is not None:
            adopt_all(to, self._file[0])

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()  # what was not committed is undone
            self._connection = None


def _settle(future: asyncio.Future[object], answer: object) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
