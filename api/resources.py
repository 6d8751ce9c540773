"""What every way of deciding needs, the service and the commands alike: the store, and the library of what to decide with."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from api.embedded import server_for
from api.opening import first_documents, open_library
from api.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from api.knowledge import Library
    from api.settings import Settings


@asynccontextmanager
async def opened(
    settings: Settings, now: datetime | None = None, *, last_good: bool = False
) -> AsyncIterator[tuple[Store, Library]]:
    """The store these settings name, or the embedded one, and what is in force. Both are closed at the end.

    Who decides at `now` is refused a law pack that has expired by then; who looks back is not. With `last_good`, a folder, a bundle
    or a store that is away or broken is made up for by what was in use on this machine before.

    Raises:
        SettingsError, DocumentError, ServerError: what cannot be used, and the remedy.
    """
    start = await asyncio.to_thread(first_documents, settings, now, last_good=last_good)
    async with AsyncExitStack() as stack:
        server = await asyncio.to_thread(server_for, settings.redis_url, settings.var)
        stack.callback(server.stop)
        store = Store(server.url, settings.redis_timeout, start.knowledge.policy.keeping)
        stack.push_async_callback(store.close)
        library = await open_library(settings, start, store, last_good=last_good)
        stack.callback(library.close)
        yield store, library
