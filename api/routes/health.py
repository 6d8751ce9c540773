"""Whether it lives, whether it can answer, and how it is doing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import UnavailableError
from api.examples.health import ALIVE_EXAMPLE, METRICS_EXAMPLE, READY_EXAMPLE
from api.service import service_of
from api.spool_file import KINDS
from models.domain import Noun
from models.response import Versions

if TYPE_CHECKING:
    from api.spool import Spool


class Alive(Noun):
    status: Literal["alive"] = "alive"


class Waiting(Noun):
    """What was acknowledged and is on this service's disk: `backlog` goes to the store when that takes it, by kind; `set_aside` it refuses.

    `fault` says why the disk takes nothing.
    """

    backlog: dict[str, int]
    set_aside: int
    fault: str | None = None


class Ready(Noun):
    """`ready` is true while an answer is possible, also without the store, and until the process ends. The rest is said when `verbose` is asked for.

    `durability` is when an acknowledged write is on disk, as the store is configured: always, everysec, no, or none. `why` says how a store
    is away that is.
    """

    ready: Literal[True] = True
    store: Literal["answers", "away"] | None = None
    why: str | None = None
    durability: str | None = None
    spool: Waiting | None = None
    versions: Versions | None = None
    stays: Annotated[
        dict[str, str] | None,
        Field(description="part -> why it is not what its source names now; what was in use stays"),
    ] = None


@operation("GET", "/livez", "Whether the process lives", scope=None, gives=Alive, example_out=ALIVE_EXAMPLE)
async def livez(_request: Request) -> Response:
    return Response(Alive().model_dump_json(), media_type=JSON)


@operation(
    "GET",
    "/readyz",
    "Whether it can answer",
    scope=None,
    gives=Ready,
    problems=(503,),
    example_out=READY_EXAMPLE,
    parameters={
        "verbose": "say also how the store is, which versions decide, and what is not what it should be"
    },
)
async def readyz(request: Request) -> Response:
    if request.app.state.ending.begun:
        raise UnavailableError("the process is ending; ask another one")
    if "verbose" not in request.query_params:
        return Response(Ready().model_dump_json(exclude_none=True), media_type=JSON)
    service = service_of(request)
    store: Literal["answers", "away"] = "answers"
    durability, why = "unknown", None
    try:
        service.store.check_asked()
        durability = await service.store.durability()
    except StoreAwayError as error:
        store, why = "away", error.why
    ready = Ready(
        store=store,
        why=why,
        durability=durability,
        spool=_waiting(service.spool),
        versions=service.library.current.versions,
        stays=dict(service.library.stays),
    )
    return Response(ready.model_dump_json(), media_type=JSON)


def _waiting(spool: Spool | None) -> Waiting | None:
    if spool is None:
        return None
    backlog = {kind: spool.backlog[kind] for kind in KINDS}
    return Waiting(backlog=backlog, set_aside=spool.aside, fault=spool.fault or None)


@operation(
    "GET",
    "/metrics",
    "Figures for Prometheus",
    scope="metrics:read",
    gives_media="text/plain",
    example_out=METRICS_EXAMPLE,
)
async def metrics(request: Request) -> Response:
    service = service_of(request)
    service.metrics.refused.set(int(bool(service.library.refused)))
    service.metrics.followed(service.library.stays, service.library.looked)
    service.metrics.breaker.set(int(service.store.breaker.is_open))
    now, until = service.clock(), service.library.learned_until
    service.metrics.learned(until, now)
    bundle = service.library.current.bundle
    service.metrics.aged(None if bundle is None else bundle.until, now.date())
    service.metrics.watched(
        service.insights,
        given_up=service.exploration.given_up,
        most=service.exploration.most,
        lag=math.nan if until is None else (now - until).total_seconds(),
    )
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})
