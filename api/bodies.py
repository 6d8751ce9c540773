"""Bodies in: bounded before they are read, JSON before they are looked at, checked before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from api.errors import MalformedError, TooLargeError, WrongMediaError, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BODY = 1_000_000
"""Bytes."""

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The whole body.

    Raises:
        WrongMediaError: it says it is not JSON.
        TooLargeError: it is larger than `limit`, said or found while reading.
    """
    check_media(request, "application/json")
    length = request.headers.get("content-length", "")
    if length.isdecimal():
        if int(length) > limit:
            raise TooLargeError(f"{length} bytes; send at most {limit}")
        return await request.body()
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > limit:
            raise TooLargeError(f"more than {limit} bytes; send at most that")
    return bytes(chunks)


def check_media(request: Request, *accepted: str) -> None:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in accepted:
        raise WrongMediaError(f"content-type is '{said}'; send {' or '.join(accepted)}")


def parse(model: type[Model], body: bytes) -> Model:
    """The body as a noun.

    Raises:
        MalformedError: no JSON, JSON with NaN or Infinity, or nested beyond reason.
        InvalidError: JSON that is not this noun.
    """
    try:
        return model.model_validate_json(body)
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
