"""Looking for newer knowledge again and again, beside the requests."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("behoud.knowledge")


async def keep_looking(every: float, look: Callable[[], Awaitable[object]]) -> None:
    """Call `look` every so many seconds, until cancelled."""
    while True:
        await asyncio.sleep(every)
        await look()


def report_end(task: asyncio.Task[None]) -> None:
    """Say aloud that nobody looks any more: a search that ends by itself has found a fault of ours."""
    if not task.cancelled():
        log.error("nobody looks for newer knowledge any more", exc_info=task.exception())
