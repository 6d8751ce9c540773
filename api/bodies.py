"""Bodies in: bounded before they are read, JSON before they are looked at, checked before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.errors import MalformedError, TooLargeError, WrongMediaError, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BODY = 1_000_000
"""Bytes."""

Model = TypeVar("Model", bound=BaseModel)


def header(request: Request, name: bytes) -> str | None:
    """The first header of this name, in small letters; None where there is none. starlette's way makes an object of them all first."""
    for key, value in request.scope["headers"]:
        if key == name:
            found: str = value.decode("latin-1")
            return found
    return None


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The whole body.

    Raises:
        WrongMediaError: it says it is not JSON.
        TooLargeError: it is larger than `limit`, said or found while reading.
    """
    check_media(request, "application/json")
    length = header(request, b"content-length") or ""
    if length.isdecimal() and int(length) > limit:
        raise TooLargeError(f"{length} bytes; send at most {limit}")
    read = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        read += message.get("body", b"")
        if len(read) > limit:
            raise TooLargeError(f"more than {limit} bytes; send at most that")
        if not message.get("more_body", False):
            return bytes(read)


def check_media(request: Request, *accepted: str) -> None:
    said = (header(request, b"content-type") or "").partition(";")[0].strip().lower()
    if said not in accepted:
        raise WrongMediaError(f"content-type is '{said}'; send {' or '.join(accepted)}")


def parse(model: type[Model], body: bytes) -> Model:
    """The body as a noun.

    Raises:
        MalformedError: no JSON, JSON with NaN or Infinity, or nested beyond reason.
        InvalidError: JSON that is not this noun.
    """
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise MalformedError(f"{error.errors()[0]['msg']}; send JSON (RFC 8259) in UTF-8") from None
        well_formed(body)
        raise invalid(error) from None


def well_formed(body: bytes) -> bytes:
    """The body in one spelling: keys sorted, no spaces.

    Raises:
        MalformedError: no JSON, JSON with NaN or Infinity, or nested beyond reason.
    """
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise MalformedError(f"{error}; send JSON (RFC 8259) in UTF-8") from None
