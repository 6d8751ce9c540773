"""Calls over one connection, each sent without waiting for the answers to those before it; answers come in the order of the calls.

What is spoken is RESP 2 as scripts answer it: a string, nothing, a number or an error, never a list.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LATE_SECONDS = 0.005
"""An event loop that looks later than this at its clock was busy."""
SILENT_SECONDS: Final = 1.0
"""Nothing came for so long while somebody waited: there may be nobody at the other end any more."""

Answer = bytes | int | None
Argument = bytes | str | int


def packed(arguments: tuple[Argument, ...]) -> bytes:
    """A command as the server reads it."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        said = argument if type(argument) is bytes else str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(said), said))
    return b"".join(parts)


class Waiting:
    """A call that was `sent` and waits for its `answer` until it is `due`, moments of the monotonic clock; for `again` seconds more where we were busy then."""

    __slots__ = ("again", "answer", "due", "sent")

    def __init__(self, answer: asyncio.Future[Answer], sent: float, due: float, again: float) -> None:
        self.answer: asyncio.Future[Answer] | None = answer
        self.sent, self.due, self.again = sent, due, again

    def still(self) -> asyncio.Future[Answer] | None:
        """What somebody still waits for."""
        return None if self.answer is None or self.answer.done() else self.answer

    def take(self) -> asyncio.Future[Answer] | None:
        """The same, from now on not held here: an error holds, by its traceback, all that the caller held."""
        answer, self.answer = self.still(), None
        return answer


class Wire(asyncio.Protocol):
    """One connection. `refused` makes of the server's own error what the call raises; a connection that is lost is a ConnectionError."""

    def __init__(self, writer: asyncio.StreamWriter, refused: Callable[[str], Exception]) -> None:
        self.usable = True
        self._writer = writer  # which closes its transport when nobody holds it
        self._transport = writer.transport
        self._transport.set_protocol(self)
        self._refused = refused
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Waiting] = deque()
        self._heard = -math.inf
        self._look_at = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._unsent: list[bytes] = []
        self._unread = b""

    async def call(self, command: bytes, seconds: float) -> Answer:
        """What the server answers. Raises TimeoutError after so many seconds, and once as long again where the event loop was late.

        Who gives up leaves the connection to the others: an answer that comes late is told from theirs by its place. A server that stood still for
        a moment, or a process with too much to do, would have to connect anew else, and be slower for it. Only silence ends it.
        """
        answer: asyncio.Future[Answer] = self._loop.create_future()
        now = time.monotonic()
        due = now + seconds
        self._send(command)
        self._waiting.append(Waiting(answer, now, due, seconds))
        if due < self._look_at:
            self._look_again(due)
        try:
            return await answer
        except TimeoutError:
            if time.monotonic() - max(self._heard, self._waiting[0].sent) >= SILENT_SECONDS:
                self.retire()
            raise
        finally:
            # It holds the error, and the error's traceback this frame and those of all who wait: with the record of a decision, until a
            # collector that looks once in hours comes by.
            del answer

    def _send(self, command: bytes) -> None:
        """At once where nobody waits, else with all that is sent in this turn of the loop.

        Both sides then spend one system call, and the server one write to its disk, on many calls.
        """
        if not self._waiting:
            self._transport.write(command)
            return
        if not self._unsent:
            self._loop.call_soon(self._send_rest)
        self._unsent.append(command)

    def _send_rest(self) -> None:
        commands, self._unsent = self._unsent, []
        if not self._transport.is_closing():
            self._transport.writelines(commands)

    def _look_again(self, due: float) -> None:
        """One timer serves all who wait: set for whoever is due first, it is not touched by the calls that come and go meanwhile."""
        if self._timer is not None:
            self._timer.cancel()
        self._look_at = due
        self._timer = self._loop.call_later(due - time.monotonic(), self._look)

    def _look(self) -> None:
        now = time.monotonic()
        busy = now - self._look_at > LATE_SECONDS
        self._look_at, self._timer = math.inf, None
        waiting = [one for one in self._waiting if one.still()]
        for one in waiting:
            if one.due > now:
                continue
            if busy and one.again:
                # What we were too busy to read is no fault of the server.
                one.due, one.again = now + one.again, 0.0
            else:
                _settle(one, TimeoutError("no answer in time"))
        if first := min((one.due for one in waiting if one.still()), default=0.0):
            self._look_again(first)

    def retire(self) -> None:
        """Take no more calls, and end when nobody waits any more."""
        self.usable = False
        if not any(one.still() for one in self._waiting):
            self.end()

    def end(self) -> None:
        """Who still waits is told that the connection was lost."""
        self.usable = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        unread, start = self._unread + data, 0
        while True:
            end = unread.find(b"\r\n", start)
            if end < 0:
                break
            kind, said, after = unread[start : start + 1], unread[start + 1 : end], end + 2
            answer: Answer | Exception = said
            if kind == b"$":
                size = int(said)
                answer = None if size < 0 else unread[after : after + size]
                after += 0 if size < 0 else size + 2
                if len(unread) < after:
                    break
            elif kind == b":":
                answer = int(said)
            elif kind == b"-":
                answer = self._refused(said.decode(errors="replace"))
            start = after
            _settle(self._waiting.popleft(), answer)
        self._unread = unread[start:]
        if not (self.usable or self._waiting):
            self.end()

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        while self._waiting:
            _settle(self._waiting.popleft(), ConnectionResetError(f"the connection was lost: {error}"))


def _settle(waiting: Waiting, said: Answer | Exception) -> None:
    """Nobody waits any more where somebody gave up."""
    answer = waiting.take()
    if answer is None:
        return
    if isinstance(said, Exception):
        answer.set_exception(said)
    else:
        answer.set_result(said)
