"""HTTP as uvicorn speaks it, and two things it leaves out: who cannot be answered in time is refused at once, who sends too slowly is ended.

A call is refused as soon as its headers are read, before anything is made of it. That takes a third of the time of an empty ASGI
application, and it is what decides how much is left for the others: at three times capacity two calls are refused for each that is answered.
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import MEDIA_TYPE, problem_response
from api.joining import joined
from api.pace import Pace
from api.pages import readable_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from api.admission import Admission, Kind

RETRY: Final = 1
LARGE: Final = 65_536
"""Bytes of a body that are read to be thrown away; before a larger one the connection is ended."""
OVERLOADED = ("overloaded", "Too much to do")
_BULK: Final = b"/v1/customers/bulk"


def _said(status: HTTPStatus, detail: str, kind: tuple[str, str] | None, *headers: str) -> bytes:
    """A whole answer, as it goes over the wire."""
    body = bytes(problem_response(status, detail, kind=kind).body)
    lines = (f"HTTP/1.1 {status.value} {status.phrase}", f"content-length: {len(body)}", *headers)
    return "\r\n".join((*lines, f"content-type: {MEDIA_TYPE}", "", "")).encode() + body


_REFUSED: Final = tuple(
    _said(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "more is asked than can be answered in time; come back in a moment",
        OVERLOADED,
        f"retry-after: {RETRY}",
        *more,
    )
    for more in ((), ("connection: close",))
)
_SLOW: Final = _said(
    HTTPStatus.REQUEST_TIMEOUT,
    "not all of it came in time; send it again",
    None,
    "connection: close",
)


def _shared(said: bytes, origin: bytes) -> bytes:
    """The same, and a page of that origin may read it."""
    head, end, body = said.partition(b"\r\n\r\n")
    return b"\r\n".join((head, *(b"%b: %b" % header for header in readable_by(origin)))) + end + body


class _Answered:
    """In the place of a call that was refused: what still comes of it is thrown away."""

    response_complete = True
    disconnected = False
    message_event = asyncio.Event()


class Protocol(HttpToolsProtocol):
    """One connection. `since` is when what is being sent began, None while nothing is."""

    since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.since = self.loop.time()
        watch = self.app_state.get("watch")
        if watch is not None:
            watch.begin(self)

    def on_message_begin(self) -> None:
        self.since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        watch: Watch | None = self.app_state.get("watch")
        if watch is None or not watch.asks(len(self.tasks)):
            super().on_headers_complete()
            return
        kind = watch.refuses(len(self.tasks), self.parser.get_method(), self.url, self.headers)
        # Calls sent before the last one was answered wait for it, and so must their refusals.
        if kind is not None and (self.cycle is None or self.cycle.response_complete):
            watch.refused[kind]()
            self._refuse(watch)
        else:
            super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        joined(cycle)
        watch: Watch | None = self.app_state.get("watch")
        if watch is None or watch.pace.has_room(len(self.tasks)):
            super()._start_asgi_task(cycle, app)
        else:
            cycle.scope["came"] = perf_counter()  # type: ignore[typeddict-unknown-key]  # ours
            watch.pace.wait(self.loop, self.tasks, partial(self._begin, cycle, app))

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """What has waited, if anybody still listens."""
        if not cycle.disconnected:
            super()._start_asgi_task(cycle, app)

    def _refuse(self, watch: Watch) -> None:
        sent = dict(self.headers)
        large = b"transfer-encoding" in sent or int(sent.get(b"content-length", 0)) > LARGE
        ends = large or self.expect_100_continue or not self.parser.should_keep_alive()
        self.cycle = _Answered  # type: ignore[assignment]  # all that is asked of one that is answered
        origin = sent.get(b"origin", b"")
        said = _REFUSED[ends]
        self.transport.write(_shared(said, origin) if origin in watch.origins else said)
        if ends:
            self.transport.close()
        else:
            self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        if self.url.startswith(_BULK):
            self.since = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.since = None
        super().on_message_complete()

    def end_if_slow(self, now: float, seconds: float) -> None:
        """End what is being sent for longer; where it is answered already, without a word."""
        if self.since is None or now - self.since < seconds or self.transport.is_closing():
            return
        if self.cycle is None or not (self.cycle.response_complete or self.cycle.response_started):
            self.transport.write(_SLOW)
        self.transport.close()


class Watch:
    """Of one process: who may come in, at which pace calls are begun, and who sends too slowly.

    A call has `patience` seconds from its first byte to its last; customers in bulk from one piece to the next. `resting`: as `Pace` has it.
    """

    def __init__(
        self,
        admission: Admission,
        refused: Mapping[Kind, Callable[[], None]],
        patience: float,
        origins: tuple[str, ...] = (),
        resting: Callable[[], int] = int,
    ) -> None:
        self._patience = patience
        self.admission = admission
        self.pace = Pace(admission.stands_since, resting)
        self.refused = refused
        self.origins = frozenset(origin.encode() for origin in origins)
        self._sweeping = False

    def asks(self, under_way: int) -> bool:
        """Whether it may be that a call is refused."""
        return self.admission.asks(under_way, len(self.pace.waiting))

    def refuses(
        self, under_way: int, method: bytes, path: bytes, headers: list[tuple[bytes, bytes]]
    ) -> Kind | None:
        """What it is that may not come in now."""
        return self.admission.refuses(under_way, len(self.pace.waiting), method, path, headers)

    def begin(self, connection: Protocol) -> None:
        """Look after it, and all others, every second until there are none."""
        if not self._sweeping:
            self._sweeping = True
            connection.loop.call_later(1.0, self._sweep, connection.loop, connection.connections)

    def _sweep(self, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        self._sweeping = bool(connections)
        if self._sweeping:
            now = loop.time()
            for connection in tuple(connections):
                connection.end_if_slow(now, self._patience)
            loop.call_later(1.0, self._sweep, loop, connections)
