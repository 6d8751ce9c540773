"""The same call once: under an `Idempotency-Key` the first answer is kept for a day and given again, byte for byte.

What is kept lies in Redis, so that all replicas know it, in the partition of the key's own name: the same key with another customer must
be found too. A claim comes before the work, the answer takes its place after it. While Redis is away this process remembers by itself.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import read_body
from api.connection import StoreAwayError
from api.errors import FieldError, InFlightError, InvalidError, ReusedKeyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive

    from api.security import Caller
    from api.store import Store

HEADER: Final = b"idempotency-key"
PATTERN: Final = r"^[!-~]{1,255}$"
"""What a key may be: visible ASCII, no spaces."""
DAY: Final = 86_400
"""Seconds an answer is kept."""
IN_FLIGHT: Final = 30
"""Seconds a claim stands: a process that died is waited for no longer."""
RETRY: Final = 1
"""Seconds after which to ask again for what is in flight."""
MOST: Final = 10_000
"""Keys this process remembers while Redis is away; the oldest go first."""
REPLAYED: Final = "Idempotent-Replayed"
"""The header of an answer that was given before."""
_KEY: Final = re.compile(PATTERN)
_OPEN, _DONE, _SIZE = b"?", b"=", 16


@dataclass(frozen=True, slots=True)
class Claim:
    """Leave to do it. `here` where only this process knows that it is being done."""

    name: str
    mark: bytes
    here: bool


class Idempotency:
    """What was answered under which key."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._here: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    async def claim(self, name: str, fingerprint: bytes) -> Claim | bytes:
        """Leave to do it, or the answer it had.

        Raises:
            InFlightError: another call with this key is at it.
            ReusedKeyError: the key was used for something else.
        """
        mark, here = _OPEN + fingerprint + secrets.token_bytes(8), False
        there = self._remembered(name)
        if there is None:
            try:
                there = await self._store.claim(name, mark, IN_FLIGHT)
            except StoreAwayError:
                here, there = True, self._remembered(name)
        if there is None:
            if here:
                self._remember(name, mark, IN_FLIGHT)
            return Claim(name, mark, here)
        if there[1 : 1 + _SIZE] != fingerprint:
            raise ReusedKeyError("this Idempotency-Key came with another call before; use a new one for each")
        if there[:1] == _OPEN:
            raise InFlightError("the first call with this Idempotency-Key is not answered yet", RETRY)
        return zlib.decompress(there[1 + _SIZE :])

    async def settle(self, claim: Claim, answer: bytes | None) -> None:
        """Keep the answer; None gives the key back."""
        kept = b"" if answer is None else _DONE + claim.mark[1 : 1 + _SIZE] + zlib.compress(answer, 1)
        if not claim.here:
            try:
                await self._store.settle(claim.name, claim.mark, kept, DAY)
            except StoreAwayError:  # which has its claim for a while; we have the answer
                pass
            else:
                return
        if kept:
            self._remember(claim.name, kept, DAY)
        else:
            self._here.pop(claim.name, None)

    def _remembered(self, name: str) -> bytes | None:
        until, there = self._here.get(name, (0.0, None))
        return there if until > self._clock() else None

    def _remember(self, name: str, what: bytes, seconds: float) -> None:
        self._here[name] = (self._clock() + seconds, what)
        self._here.move_to_end(name)
        if len(self._here) > MOST:
            self._here.popitem(last=False)


async def once(
    known: Idempotency, request: Request, endpoint: Callable[[Request], Awaitable[Response]], key: str
) -> Response:
    """What the endpoint answers, or what it answered the first call with this key.

    Only what was done uses a key up: a call that was refused may be mended and sent again under it.
    """
    if not _KEY.fullmatch(key):
        raise InvalidError(
            "Idempotency-Key: it has no form a key can have",
            [
                FieldError(
                    field="Idempotency-Key",
                    message="Has no form a key can have",
                    remedy="send 1 to 255 visible ASCII characters, such as a UUID",
                )
            ],
        )
    body = await read_body(request)
    claim = await known.claim(_name(request.scope["caller"], key), _fingerprint(request, body))
    if isinstance(claim, bytes):
        return _again(claim)
    request.scope["lost"] = ("idempotency",) if claim.here else ()
    done = None
    try:
        response = await endpoint(Request(request.scope, _giving(body)))
        if response.status_code == 200:
            done = bytes(response.body)
    finally:
        await known.settle(claim, done)
    return response


def _name(caller: Caller, key: str) -> str:
    """Of this key of that caller; with a token, of one contact: what another may not see is not given again to him."""
    bound = caller.bound
    whose = () if bound is None else (bound.agent_id, bound.contact_id, bound.customer_id, bound.authority)
    return hashlib.blake2b(orjson.dumps([caller.id, caller.view, whose, key]), digest_size=16).hexdigest()


def _fingerprint(request: Request, body: bytes) -> bytes:
    """Of the call: method, address and body, to the byte."""
    scope = request.scope
    said = (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
    return hashlib.blake2b(b"\n".join(said), digest_size=_SIZE).digest()


def _giving(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _again(answer: bytes) -> Response:
    return Response(answer, headers={REPLAYED: "true"}, media_type="application/json")
