"""What can be wrong with a call. Every error is answered as an RFC 9457 problem document.

ProblemError
├── MalformedError         400   not JSON, or JSON with NaN or without end
├── UnauthenticatedError   401   no key, or one nobody made
│   └── ExpiredError       401   a token that has done its time
├── ForbiddenError         403   a key without the scope this route needs
├── UnknownError           404   a customer or decision that is not there
├── InFlightError         409   the first call with an idempotency key is not answered yet
├── TooLargeError          413   more bytes than the route takes
├── WrongMediaError        415   a body that says it is something else
├── InvalidError           422   JSON that does not say what the route needs
├── ReusedKeyError         422   an idempotency key that was used for another call
├── LimitedError           429   more calls than the key's limit
└── UnavailableError       503   the store does not take it now
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from models.domain import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("behoud.errors")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
MAX_ERRORS = 100


class FieldError(Noun):
    """One thing wrong in a body: where, what, and how to mend it. `file` and `line` say where in a document the body holds."""

    file: str | None = None
    line: int | None = None
    field: str
    message: str
    remedy: str


class ProblemDocument(Noun):
    """RFC 9457. `errors` lists what is wrong field by field; `index` is the item of a batch, from 0."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = Field(default=())


class ProblemError(Exception):
    """Something the caller can mend, or wait for."""

    kind: ClassVar[tuple[str, str] | None] = None
    """Type and title where the status alone would not tell a caller what to do."""

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors[:MAX_ERRORS])


class MalformedError(ProblemError):
    """Not JSON."""


class UnauthenticatedError(ProblemError):
    """No key, or one nobody made."""


class ExpiredError(UnauthenticatedError):
    """A token that has done its time: another one will do."""

    kind = ("token-expired", "The token has expired")


class ForbiddenError(ProblemError):
    """A key without the scope this route needs."""


class UnknownError(ProblemError):
    """A customer or decision that is not there."""


class InFlightError(ProblemError):
    """The first call with an idempotency key is not answered yet."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class TooLargeError(ProblemError):
    """More bytes than the route takes."""


class WrongMediaError(ProblemError):
    """A body that says it is something else."""


class InvalidError(ProblemError):
    """JSON that does not say what the route needs."""


class ReusedKeyError(ProblemError):
    """An idempotency key that was used for another call."""

    kind = ("idempotency-key-reused", "The Idempotency-Key was used for another call")


class LimitedError(ProblemError):
    """More calls than the key's limit."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class UnavailableError(ProblemError):
    """The store does not take or give it now."""


STATUS: Mapping[type[ProblemError], HTTPStatus] = {
    MalformedError: HTTPStatus.BAD_REQUEST,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ExpiredError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    UnknownError: HTTPStatus.NOT_FOUND,
    InFlightError: HTTPStatus.CONFLICT,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongMediaError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReusedKeyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    LimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

TITLES: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON",
    HTTPStatus.UNAUTHORIZED: "A key is needed",
    HTTPStatus.FORBIDDEN: "The key does not allow this",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.METHOD_NOT_ALLOWED: "Another method is needed",
    HTTPStatus.REQUEST_TIMEOUT: "The call was sent too slowly",
    HTTPStatus.CONFLICT: "The same call is under way",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Another content type is needed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The body does not say what is needed",
    HTTPStatus.TOO_MANY_REQUESTS: "The key's limit is reached",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A fault of ours",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now",
}


def problem_response(
    status: HTTPStatus,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    kind: tuple[str, str] | None = None,
) -> Response:
    """The problem document of a status, or of a kind of it."""
    name, title = kind or (status.phrase.lower().replace(" ", "-"), TITLES.get(status, status.phrase))
    body: dict[str, Any] = {
        "type": f"urn:behoud:problem:{name}",
        "title": title,
        "status": status.value,
        "detail": detail,
    }
    if errors:
        body["errors"] = [error.model_dump(exclude_none=True) for error in errors]
    return Response(orjson.dumps(body), status.value, dict(headers or {}), MEDIA_TYPE)


def invalid(error: ValidationError, prefix: str = "") -> InvalidError:
    """What pydantic found, field by field."""
    found: dict[str, FieldError] = {}
    for detail in error.errors(include_url=False, include_input=False)[: 10 * MAX_ERRORS]:
        field, is_fact = _path(prefix, detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        remedy = _remedy(detail["type"], detail.get("ctx") or {})
        if is_fact:
            message, remedy = "Is no value a fact can have", "send a string, a number, true, false or a date"
        found.setdefault(field, FieldError(field=field, message=message, remedy=remedy))
    errors = list(found.values())
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidError(f"{first.field or 'body'}: {first.message}{more}", errors)


def _path(prefix: str, steps: tuple[int | str, ...]) -> tuple[str, bool]:
    """`contact.channel`, `outcomes[2].kind`; and whether it is the value of a fact, of which pydantic lists every type."""
    if "facts" in steps and len(steps) > steps.index("facts") + 2:
        end = steps.index("facts") + 2
        return _path(prefix, steps[:end])[0], steps[end] != "[key]"
    text = prefix
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text, False


def _remedy(kind: str, context: Mapping[str, Any]) -> str:
    remedies = {
        "missing": "add it",
        "extra_forbidden": "remove it, or correct its name",
        "literal_error": f"use one of {context.get('expected', '')}",
        "timezone_aware": "add the offset from UTC, such as Z or +01:00",
        "finite_number": "send a number, not NaN or Infinity",
        "value_error": "follow the message",
    }
    return remedies.get(kind, "send what the OpenAPI document describes here")


class Problems:
    """Around the routes: what is raised, by us or by the framework, is answered as a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ProblemError as error:
            await _known(error)(scope, receive, send)
        except HTTPException as error:
            await _framework(scope, error)(scope, receive, send)
        except ClientDisconnect:
            log.info("the caller left", extra={"path": scope["path"]})


def _known(error: ProblemError) -> Response:
    headers = {}
    if isinstance(error, UnavailableError):
        headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, (LimitedError, InFlightError)):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    return problem_response(STATUS[type(error)], error.detail, error.errors, headers, error.kind)


def _framework(scope: Scope, error: HTTPException) -> Response:
    detail = f"{scope['method']} {scope['path']}: {error.detail}"
    return problem_response(HTTPStatus(error.status_code), detail, headers=error.headers)


async def fault(request: Request, error: Exception) -> Response:
    """What nobody foresaw: logged, and told without its inside."""
    log.error("fault", exc_info=error, extra={"path": request.url.path})
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "it was logged; the call may be repeated")
