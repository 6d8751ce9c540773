"""Pages and scripts of `api/web`: read once, known by the hash of their bytes, and bound to what they may do.

A page runs scripts and asks data of this service alone, holds no script of its own, and is framed by nobody but this service and
the origins of BEHOUD_FRAME_ANCESTORS. Those origins may also use the service from a page of theirs (`Shared`).
"""

from __future__ import annotations

import hashlib
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from api.errors import UnknownError
from api.service import service_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

WEB = Path(__file__).resolve().parent / "web"
ORIGINS = b"{{origins}}"
"""Where a page is told the origins that may frame it."""
MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


class File(NamedTuple):
    data: bytes
    media: str
    etag: str


def served(request: Request, name: str) -> Response:
    """The file of `api/web` with this name, or that the caller has it already.

    Raises:
        UnknownError: there is none; a name is looked up, never a path.
    """
    origins = service_of(request).settings.frame_ancestors
    found = _files(origins).get(name)
    if found is None:
        raise UnknownError(f"there is no page '{name:.200}' here")
    headers = {
        "ETag": found.etag,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if found.media.startswith("text/html"):
        headers["Content-Security-Policy"] = content_policy(origins)
        headers["Referrer-Policy"] = "origin"
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.data, headers=headers, media_type=found.media)


def content_policy(origins: tuple[str, ...]) -> str:
    """What a page may do: run and ask what this service gives, and be framed by these origins."""
    framed_by = " ".join(("'self'", *origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {framed_by}"
    )


@cache
def _files(origins: tuple[str, ...]) -> dict[str, File]:
    """By path below `api/web`; the pages know the origins that may frame them."""
    told = escape(" ".join(origins)).encode()
    found = {}
    for path in WEB.rglob("*"):
        if path.suffix in MEDIA:
            data = path.read_bytes().replace(ORIGINS, told)
            etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
            found[path.relative_to(WEB).as_posix()] = File(data, MEDIA[path.suffix], etag)
    return found


def readable_by(origin: bytes) -> list[tuple[bytes, bytes]]:
    """What lets a page of that origin read an answer."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"retry-after, date, idempotent-replayed"),
        (b"vary", b"Origin"),
    ]


class Shared:
    """Around the routes, for pages of other origins that hold the panel: their browsers may read the answers.

    No cookie is ever sent or read, so that an origin alone opens nothing: what opens is the token it sends.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = dict(scope["headers"]).get(b"origin") if scope["type"] == "http" else None
        if origin not in self._origins:
            await self._app(scope, receive, send)
            return
        allowed = readable_by(origin)
        if scope["method"] == "OPTIONS":
            allowed += [
                (b"access-control-allow-methods", b"GET, POST"),
                (
                    b"access-control-allow-headers",
                    b"authorization, content-type, idempotency-key, x-request-timeout-ms",
                ),
                (b"access-control-max-age", b"600"),
            ]
            await Response(status_code=204)(scope, receive, _adding(allowed, send))
            return
        await self._app(scope, receive, _adding(allowed, send))


def _adding(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return sending
