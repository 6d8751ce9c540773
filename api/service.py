"""What a running service is made of: made at start, passed to every route, closed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from api.limits import Limits
from api.poison import Poison
from api.stamps import Stamps

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.admission import Admission
    from api.exploring import Exploration
    from api.idempotency import Idempotency
    from api.insights import InsightsFile
    from api.keyring import Keyring
    from api.knowledge import Library
    from api.settings import Settings
    from api.spool import Spool
    from api.stock import Stock
    from api.store import Store
    from api.telemetry import Metrics


@dataclass(frozen=True)
class Service:
    """`clock` gives the moment a request is about, with its offset from UTC.

    `rehearsing` is held by the one check of a policy at work, `reasoning` by the one answer in full detail that is being worked out:
    both take long, and live decisions should not wait for several of them. Without a `spool` nothing is acknowledged that the store has not.
    """

    settings: Settings
    store: Store
    library: Library
    stock: Stock
    exploration: Exploration
    keyring: Keyring
    metrics: Metrics
    insights: InsightsFile
    idempotency: Idempotency
    admission: Admission
    clock: Callable[[], datetime]
    spool: Spool | None = None
    stamps: Stamps = field(default_factory=Stamps)
    poison: Poison = field(default_factory=Poison)
    rehearsing: asyncio.Lock = field(default_factory=asyncio.Lock)
    reasoning: asyncio.Lock = field(default_factory=asyncio.Lock)
    limits: Limits = field(default_factory=Limits)


def service_of(request: Request) -> Service:
    """The service a request came to."""
    found: Service = request.app.state.service
    return found
