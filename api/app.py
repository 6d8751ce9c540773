"""The application: resources made when it starts, passed in, closed when it ends."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.errors import ServerErrorMiddleware

from api.admission import Admission
from api.ahead import look_for_decisions
from api.confirming import confirm
from api.connection import StoreAwayError
from api.contract import Direct, GuardedRoute, declared
from api.ending import Ending, closing
from api.errors import Problems, fault
from api.exploring import Exploration
from api.going_back import keep_to_pins
from api.idempotency import Idempotency
from api.insights import InsightsFile
from api.keyring import Keyring, read_keys
from api.knowledge import SNAPSHOT_SECONDS
from api.looking import keep_looking, report_end
from api.openapi import document
from api.pages import Shared
from api.protocol import Watch
from api.relay import RELAY_SECONDS, relay
from api.resources import opened
from api.routes import endpoints
from api.service import Service
from api.settings import read_settings
from api.shadowing import look_at_shadow
from api.spool import Spool
from api.stock import Stock
from api.store import LOOK_SECONDS
from api.telemetry import Metrics, log_as_json
from api.tokens import Tokens, token_secret
from api.tracing import FOLLOWED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.settings import Settings
    from api.spans import Spans
    from api.store import Store


JOURNAL_SECONDS = 15.0
"""Between two looks at how much the journal holds: it grows for weeks."""
GARBAGE_SECONDS = 300.0
"""Between two looks for what only holds itself."""


def now() -> datetime:
    """The moment on this machine's clock."""
    return datetime.now(UTC)


class Application(FastAPI):
    """FastAPI with two layers around its routes instead of five, and none of its search for a collector of traces: they cost a decision some 40 us, and ours need none of them."""

    origins: tuple[str, ...] = ()
    spans: Spans | None = None
    ending: Ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.ending.begun and scope["type"] == "http":
            self.ending.calls += 1
            send = closing(send)
        if scope["type"] != "http":
            await Starlette.__call__(self, scope, receive, send)
            return
        FOLLOWED.set(scope)
        if self.spans is None:
            await Starlette.__call__(self, scope, receive, send)
        else:
            await self.spans.follow(partial(Starlette.__call__, self), scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        app = ServerErrorMiddleware(Problems(Direct(self.router)), handler=fault)
        return Shared(app, self.origins) if self.origins else app


def create_app(settings: Settings, clock: Callable[[], datetime] = now) -> FastAPI:
    """The service with these settings. What it needs is made when it starts to live, not here."""
    ending = Ending(settings.drain_seconds)

    @asynccontextmanager
    async def lifespan(app: Application) -> AsyncIterator[dict[str, Watch]]:
        async with _started(settings, clock) as service, collected(settings, app) as app.spans:
            app.state.service = service
            settle_garbage()
            deaf = ending.listen()
            refused = service.metrics.refusals(service.admission)
            try:
                watch = Watch(
                    service.admission, refused, settings.patience, app.origins, partial(_resting, service)
                )
                yield {"watch": watch}
            finally:
                deaf()

    app = Application(
        title="Behoud",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.origins, app.ending = settings.frame_ancestors, ending
    app.state.ending = ending
    found = endpoints()
    for endpoint in found:
        operation = declared(endpoint)
        app.router.add_api_route(
            operation.path, endpoint, methods=[operation.method], route_class_override=GuardedRoute
        )
    app.openapi = cache(lambda: document(found))  # type: ignore[method-assign]  # FastAPI's own way to another document
    return app


@asynccontextmanager
async def _started(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Service]:
    """Everything a service needs, and the tasks that look for newer knowledge."""
    tokens = Tokens(token_secret(settings.token_secret, settings.var), clock)
    keyring = Keyring(read_keys(settings), tokens)
    async with AsyncExitStack() as stack:
        store, library = await stack.enter_async_context(opened(settings, clock(), last_good=True))
        await store.get_ready()
        stock = Stock(store, library)
        await stock.look()
        metrics = Metrics()
        exploration = Exploration(store, library, metrics, clock)
        await exploration.look()
        insights = InsightsFile(settings.insights_file)
        await insights.look()
        challenged = clock() if settings.challenger else None
        spool = await stack.enter_async_context(spooling(settings))
        service = Service(
            settings,
            store,
            library,
            stock,
            exploration,
            keyring,
            metrics,
            insights,
            Idempotency(store),
            Admission(settings.concurrent, settings.too_late, keyring.view_of),
            clock,
            spool,
        )
        store.failed = lambda why: metrics.failures.labels(why).inc()
        service.poison.counted = lambda what: metrics.poison.labels(what).inc()
        for every, look in (
            (RELAY_SECONDS, lambda: relay(service)),
            (settings.learned_every, lambda: service.poison.tell(store)),
            (settings.learned_every, library.look_for_learned),
            (settings.learned_every, library.send_shelf),
            (SNAPSHOT_SECONDS, library.keep_snapshots),
            (settings.learned_every, lambda: keep_to_pins(library, settings, clock())),
            (LOOK_SECONDS, store.look),
            (LOOK_SECONDS, lambda: confirm(service)),
            (settings.learned_every, stock.look),
            (settings.learned_every, exploration.look),
            (settings.learned_every, lambda: look_for_decisions(service)),
            (settings.learned_every, lambda: look_at_shadow(store, metrics, clock(), challenged)),
            (JOURNAL_SECONDS, lambda: look_at_journal(store, metrics)),
            (GARBAGE_SECONDS, let_go),
            (settings.bundle_every, library.look_for_bundle),
            (settings.insights_every, insights.look),
            (settings.knowledge_every, lambda: library.look_for_documents(clock())),
        ):
            task = asyncio.create_task(keep_looking(every, look))
            task.add_done_callback(report_end)
            stack.push_async_callback(ended, task)
        yield service


@asynccontextmanager
async def collected(settings: Settings, app: FastAPI) -> AsyncIterator[Spans | None]:
    """Who sends spans, where a collector is named."""
    if not settings.traces:
        yield None
        return
    from api.spans import Spans  # noqa: PLC0415  what it stands on takes a second to load, and few collect

    spans = Spans([route.path for route in app.router.routes if isinstance(route, GuardedRoute)])
    yield spans
    await asyncio.to_thread(spans.close)


async def look_at_journal(store: Store, metrics: Metrics) -> None:
    """Bring what the journal holds to `/metrics`."""
    with suppress(StoreAwayError):
        metrics.journal.set(await store.sums.journal())


def _resting(service: Service) -> int:
    """How many calls wait for the disk."""
    return 0 if service.spool is None else service.spool.resting


@asynccontextmanager
async def spooling(settings: Settings) -> AsyncIterator[Spool | None]:
    """Where writes wait while the store is away; none where the settings name no folder."""
    if settings.spool is None:
        yield None
        return
    spool = Spool(settings.spool, settings.spool_bytes)
    try:
        await spool.open()
        yield spool
    finally:
        await spool.close()


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended: a library that mistakes a cancellation for its own timeout would swallow the first."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.2)


def settle_garbage() -> None:
    """What lives as long as the process is not looked at again, and the rest by the clock: the collector is what makes the slowest answers slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def let_go() -> None:
    """Connections that ended mostly, each a circle with what it read last: until there are 50,000 such things takes hours, and what they hold is large.

    A millisecond where some thousand answers are remembered.
    """
    gc.collect()


def from_environment() -> FastAPI:
    """The service as a worker process makes it."""
    log_as_json()
    return create_app(read_settings())
