"""When the caller must have his answer: what cannot be had by then is done without."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeVar

from api.errors import FieldError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Coroutine

HEADER: Final = b"x-request-timeout-ms"
LEAST, MOST = 1, 60_000
"""Milliseconds a caller may say."""
RESERVE: Final = 0.003
"""Seconds kept for deciding itself and for writing the answer."""
Given = TypeVar("Given")

_behind: set[asyncio.Task[object]] = set()
"""What goes on by itself; asyncio holds tasks weakly."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of `perf_counter`."""

    until: float

    @property
    def left(self) -> float:
        """Seconds that may still be waited."""
        return self.until - perf_counter() - RESERVE


def deadline_of(said: str, came: float | None = None) -> Deadline:
    """What the header says, from when the call came, or from now on. Raises InvalidError where it is no number of milliseconds."""
    milliseconds = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0
    if not LEAST <= milliseconds <= MOST:
        error = FieldError(
            field="X-Request-Timeout-Ms",
            message="Is no number of milliseconds",
            remedy=f"send a whole number from {LEAST} to {MOST}, or leave it out",
        )
        raise InvalidError(f"{error.field}: {error.message}", [error])
    return Deadline((perf_counter() if came is None else came) + milliseconds / 1000)


async def in_time(deadline: Deadline | None, work: Coroutine[object, object, Given], late: Given) -> Given:
    """What the work gives, or `late` where that would come too late: the work then goes on by itself, and nobody looks."""
    if deadline is None:
        return await work
    left = deadline.left
    if left <= 0:
        work.close()
        return late
    task = asyncio.create_task(work)
    await asyncio.wait([task], timeout=left)
    if task.done():
        try:
            return task.result()
        finally:
            del task  # it holds its error, whose traceback holds this frame
    _behind.add(task)
    task.add_done_callback(_ended)
    return late


def _ended(task: asyncio.Task[object]) -> None:
    _behind.discard(task)
    if not task.cancelled():
        task.exception()  # nobody waits for it
