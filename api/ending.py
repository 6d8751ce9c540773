"""A good end: first nobody is sent here any more, then what is under way is answered, then the process goes.

On SIGTERM `/readyz` says 503 and every answer closes its connection, while calls go on being taken for some seconds: a balancer
needs a moment to hear of it, and callers with an open connection another. Then the server stops listening and ends what is under way.
A second signal, or Ctrl-C, ends the wait.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import Message, Send

    Handler = Callable[[int, FrameType | None], object]

log = logging.getLogger("behoud.ending")

BEAT = 0.02
"""Seconds from one look to the next whether calls still come."""
QUIET = 3
"""Looks in a row without a call after which none is expected."""
MORE = 5.0
"""Seconds after which it ends although they come."""


class Ending:
    """`begun` from the signal on; `calls` that came since. It ends when none comes any more, which a loop that is busy finds out later."""

    def __init__(self, seconds: float) -> None:
        self.begun = False
        self.calls = 0
        self._seconds = seconds

    def listen(self) -> Callable[[], None]:
        """Hear SIGTERM before the server does; what is given back ends that. Only where a server hears it at all."""
        if threading.current_thread() is not threading.main_thread():
            return _nothing
        server = signal.getsignal(signal.SIGTERM)
        if not callable(server):
            return _nothing
        loop, then = asyncio.get_running_loop(), server

        def heard(number: int, frame: FrameType | None) -> None:
            if self.begun:
                then(number, frame)
                return
            self.begun = True
            # A signal comes between any two instructions, so nothing else is done here: the loop is told from outside, and woken.
            loop.call_soon_threadsafe(begin)

        def begin() -> None:
            log.info("ending", extra={"seconds": self._seconds})
            loop.call_later(self._seconds, look, -1, 0, loop.time() + self._seconds + MORE)

        def look(seen: int, quiet: int, until: float) -> None:
            quiet = quiet + 1 if self.calls == seen else 0
            if quiet >= QUIET or loop.time() >= until:
                then(signal.SIGTERM, None)
            else:
                loop.call_later(BEAT, look, self.calls, quiet, until)

        signal.signal(signal.SIGTERM, heard)
        return lambda: _give_back(heard, then)


def _give_back(ours: Handler, server: Handler) -> None:
    if signal.getsignal(signal.SIGTERM) is ours:
        signal.signal(signal.SIGTERM, server)


def _nothing() -> None:
    """Nobody was heard, so nobody is told."""


def closing(send: Send) -> Send:
    """The same, and the answer says that its connection ends with it."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return sent
