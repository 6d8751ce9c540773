"""Whether it lives, whether it can answer, and how it is doing."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import UnavailableError
from api.examples.health import ALIVE_EXAMPLE, METRICS_EXAMPLE, READY_EXAMPLE
from api.service import service_of
from models.domain import Noun
from models.response import Versions


class Alive(Noun):
    status: Literal["alive"] = "alive"


class Ready(Noun):
    """`ready` is true while an answer is possible, also without the store, and until the process ends. The rest is said when `verbose` is asked for.

    `durability` is when an acknowledged write is on disk, as the store is configured: always, everysec, no, or none.
    """

    ready: Literal[True] = True
    store: Literal["answers", "away"] | None = None
    durability: str | None = None
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
    durability = "unknown"
    try:
        durability = await service.store.durability()
    except StoreAwayError:
        store = "away"
    library = service.library
    ready = Ready(
        store=store, durability=durability, versions=library.current.versions, stays=dict(library.stays)
    )
    return Response(ready.model_dump_json(), media_type=JSON)


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
    service.metrics.watched(
        service.insights.current,
        given_up=service.exploration.given_up,
        most=service.exploration.most,
        lag=math.nan if until is None else (now - until).total_seconds(),
    )
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})
