"""An answer goes over the wire in one write, and is the same to whoever reads it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from api.joining import Joined
from api.protocol import Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BODY = b"x" * 300_000


class Written:
    """A transport that remembers each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, data: tuple[bytes, ...]) -> None:
        self.writes.append(b"".join(data))

    def close(self) -> None:
        self.closed = True


def test_the_head_goes_with_what_follows_it_and_the_rest_as_it_comes() -> None:
    written = Written()
    joined = Joined(written)
    joined.write(b"head ")
    assert written.writes == []
    for part in (b"body", b"", b"more"):
        joined.write(part)
    assert written.writes == [b"head body", b"", b"more"]
    joined.close()
    assert written.closed


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`/whole` answers at once, `/parts` in parts, `/empty` with nothing, `/broken` begins and fails, `/echo` reads first."""
    path, parts = scope["path"], [BODY]
    if path == "/echo":
        parts = [(await receive())["body"]]
    elif path == "/parts":
        parts = [BODY[:7], b"", BODY[7:]]
    elif path == "/empty":
        parts = [b""]
    size = str(sum(map(len, parts))).encode()
    headers = [] if path == "/parts" else [(b"content-length", size)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if path == "/broken":
        raise RuntimeError("begun")
    for number, part in enumerate(parts, start=1):
        await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=Protocol, loop="uvloop", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110  uvicorn has a flag and no event
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await running


async def told(port: int, *requests: bytes) -> bytes:
    """All that comes until the service ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


def asked(path: str, method: str = "GET", *more: str) -> bytes:
    return "\r\n".join(
        (f"{method} {path} HTTP/1.1", "host: here", "connection: close", *more, "", "")
    ).encode()


@pytest.mark.parametrize(("path", "body"), [("/whole", BODY), ("/empty", b"")])
def test_the_body_comes_after_its_head(path: str, body: bytes) -> None:
    async def ask() -> bytes:
        async with serving() as port:
            return await told(port, asked(path))

    head, _, rest = asyncio.run(ask()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest == body


def test_what_comes_in_parts_is_whole() -> None:
    async def ask() -> bytes:
        async with serving() as port:
            return await told(port, asked("/parts"))

    head, _, rest = asyncio.run(ask()).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert rest == b"7\r\n" + BODY[:7] + b"\r\n" + b"%x\r\n" % (len(BODY) - 7) + BODY[7:] + b"\r\n0\r\n\r\n"


def test_a_head_without_a_body_is_not_kept_back() -> None:
    async def ask() -> bytes:
        async with serving() as port:
            return await told(port, asked("/whole", "HEAD"))

    assert b"content-length: 300000\r\n" in asyncio.run(ask())


def test_who_asks_whether_to_send_his_body_is_told_at_once() -> None:
    async def ask() -> bytes:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(asked("/echo", "POST", "expect: 100-continue", "content-length: 5"))
            assert (
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30) == b"HTTP/1.1 100 Continue\r\n\r\n"
            )
            writer.write(b"hello")
            answer = await asyncio.wait_for(reader.read(), 30)
            writer.close()
            return answer

    assert asyncio.run(ask()).endswith(b"\r\n\r\nhello")


def test_an_answer_that_breaks_off_ends_the_connection() -> None:
    async def ask() -> bytes:
        async with serving() as port:
            return await told(port, asked("/broken"))

    assert asyncio.run(ask()) == b""
