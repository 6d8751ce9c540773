"""A route and what it promises: method, path, scope, bodies, examples. The OpenAPI document is written from these.

    @operation("GET", "/v1/policy", "The policy in force", scope="policy:read", gives=Policy)
    async def policy(request: Request) -> Response: ...

Routes take the request and answer bytes: what is declared here costs nothing while it runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from fastapi.routing import APIRoute, APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import header
from api.idempotency import HEADER, once
from api.service import service_of

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as ASGIScope

    from api.security import Scope, View

Method = Literal["GET", "PUT", "POST"]
Endpoint = Callable[[Request], Awaitable[Response]]
JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """`scope` is None for what anyone may ask: whether the service lives. `problems` are statuses beyond the usual ones.

    `gives_else` is what it gives where a parameter asks for it in place of `gives`.
    `once`: it takes an Idempotency-Key, and answers JSON. `hurries`: it takes an X-Request-Timeout-Ms.
    `views` are those of keys that are answered less than `gives`.
    `signature` is the header that guards a route in place of a key; the route checks it itself, for it needs the body.
    """

    method: Method
    path: str
    summary: str
    scope: Scope | None
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    gives_else: type[BaseModel] | None = None
    takes_media: str = JSON
    gives_media: str = JSON
    example_in: Any = None
    example_out: Any = None
    problems: tuple[int, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    signature: str | None = None
    views: tuple[View, ...] = ()
    once: bool = False
    hurries: bool = False


def operation(
    method: Method, path: str, summary: str, *, scope: Scope | None, **promises: Any
) -> Callable[[Endpoint], Endpoint]:
    """Declare a route."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.operation = Operation(method, path, summary, scope, **promises)  # type: ignore[attr-defined]
        return endpoint

    return declare


class Answered(Response):
    """JSON as it was written, with the two headers it needs and none of the questions starlette asks about them."""

    media_type = JSON

    def __init__(self, body: bytes) -> None:
        self.status_code, self.body, self.background = 200, body, None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]


class GuardedRoute(APIRoute):
    """A route that asks for its scope and then calls its endpoint with the request, with nothing between."""

    def __init__(self, path: str, endpoint: Endpoint, **rest: Any) -> None:
        super().__init__(path, endpoint, **rest)
        scope_needed, takes_key = declared(endpoint).scope, declared(endpoint).once

        async def guarded(scope: ASGIScope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, send)
            if scope_needed is not None:
                service = service_of(request)
                caller = service.keyring.require(header(request, b"authorization"), scope_needed)
                scope["caller"] = caller
                if caller.per_minute is not None:
                    service.limits.take(caller.id, caller.per_minute, service.clock())
            key = header(request, HEADER) if takes_key else None
            if key is None:
                response = await endpoint(request)
            else:
                response = await once(service_of(request).idempotency, request, endpoint, key)
            await response(scope, receive, send)

        self.app = guarded


class Direct:
    """Around the router: a route whose path has no parameters is looked up, not searched for. Everything else is the router's.

    A refused method is answered with all those of the address, of which the router knows the first.
    """

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._found: dict[tuple[str, str], ASGIApp] = {
            (method, route.path): route.app
            for route in router.routes
            if isinstance(route, GuardedRoute) and not route.param_convertors
            for method in route.methods or ()
        }
        self._allowed: dict[str, set[str]] = {}
        for route in router.routes:
            if isinstance(route, GuardedRoute):
                self._allowed.setdefault(route.path, set()).update(route.methods or ())

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        found = self._found.get((scope["method"], scope["path"]))
        if found is None and scope["path"] in self._allowed:
            raise self._other_method(scope["path"])
        try:
            await (found or self._router)(scope, receive, send)
        except HTTPException as error:
            if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                raise self._other_method(scope["route"].path) from None
            raise

    def _other_method(self, path: str) -> HTTPException:
        allowed = ", ".join(sorted(self._allowed[path]))
        return HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": allowed})


def declared(endpoint: Any) -> Operation:
    """What an endpoint promises."""
    found: Operation = endpoint.operation
    return found
