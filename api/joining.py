"""The head of an answer and what follows it in one write: uvicorn makes two, which are two system calls and wake the caller twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Joined:
    """The transport of one answer: what is written first, its head, waits for what is written next. Everything else is the transport's own."""

    __slots__ = ("_head", "_transport", "write")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.write: Callable[[bytes], None] = self._wait

    def _wait(self, head: bytes) -> None:
        self._head = head
        self.write = self._with_head

    def _with_head(self, body: bytes) -> None:
        self.write = self._transport.write
        self._transport.writelines((self._head, body))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def joined(cycle: RequestResponseCycle) -> None:
    """Have the answer written so, where a body follows its head and nothing is said before it."""
    if cycle.scope["method"] != "HEAD" and not cycle.waiting_for_100_continue:
        cycle.transport = Joined(cycle.transport)  # type: ignore[assignment]
