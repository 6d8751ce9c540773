"""Bodies of any length, read line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from api.errors import TooLargeError

if TYPE_CHECKING:
    from starlette.requests import Request

NDJSON = "application/x-ndjson"
MAX_LINE = 100_000
"""Bytes."""


async def lines_of(request: Request) -> AsyncIterator[tuple[int, bytes]]:
    """Number, from 1, and bytes of every line that is not blank; holds one line and one chunk in memory.

    Raises:
        TooLargeError: naming the line that has no end.
    """
    number, rest = 0, b""
    async for chunk in request.stream():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
        if len(rest) > MAX_LINE:
            raise TooLargeError(f"line {number + 1} has more than {MAX_LINE} bytes; send one customer a line")
    if rest.strip():
        yield number + 1, rest
