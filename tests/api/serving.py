"""Servers on ports of their own, for what must be spoken to over loopback."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn

from api.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from http.server import ThreadingHTTPServer

    from api.settings import Settings


@contextmanager
def serving(http: ThreadingHTTPServer) -> Iterator[str]:
    """A server of the standard library in a thread of its own; its address."""
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[str]:
    """The service, by the real clock; its address."""
    service = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_config=None))
    task = asyncio.create_task(service.serve())
    while not service.started:  # noqa: ASYNC110  uvicorn has a flag and no event
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{service.servers[0].sockets[0].getsockname()[1]}"
    service.should_exit = True
    await task
