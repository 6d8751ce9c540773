"""What every way of deciding needs, the service and the commands alike: the store, and the library of what to decide with."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from api.documents import build_all, read_documents
from api.embedded import server_for
from api.opening import open_library
from api.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from api.knowledge import Library
    from api.settings import Settings


@asynccontextmanager
async def opened(settings: Settings, now: datetime | None = None) -> AsyncIterator[tuple[Store, Library]]:
    """The store these settings name, or the embedded one, and what is in force. Both are closed at the end.

    Who decides at `now` is refused a law pack that has expired by then; who looks back is not.

    Raises:
        SettingsError, DocumentError, ServerError: what cannot be used, and the remedy.
    """
    documents = read_documents(settings)
    knowledge, others = await asyncio.to_thread(build_all, documents, now)
    async with AsyncExitStack() as stack:
        server = await asyncio.to_thread(server_for, settings.redis_url, settings.var)
        stack.callback(server.stop)
        store = Store(server.url, settings.redis_timeout, knowledge.policy.keeping)
        stack.push_async_callback(store.close)
        library = await open_library(settings, documents, knowledge, store, others)
        stack.callback(library.close)
        yield store, library
