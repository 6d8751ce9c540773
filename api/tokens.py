"""Tokens: what a browser is given in place of a key. Signed, bound to an agent and a contact, dead within minutes.

`bt_` and a JSON Web Token (HS256). Who can read the secret can make any; it never leaves the service.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import jwt
from pydantic import ValidationError

from api.errors import ExpiredError, UnauthenticatedError
from api.security import Bound, Scope
from api.settings import SettingsError
from models.domain import Id, Noun, Word

PREFIX = "bt_"
ALGORITHM = "HS256"
LEAST_BYTES = 32
"""Of the secret: as many as the hash it is used with."""
FILE = "token.secret"

Kind = Literal["panel", "desk", "insights"]
_PANEL: frozenset[Scope] = frozenset({"decisions:create", "decisions:read", "outcomes:create"})
SCOPES_OF: Mapping[Kind, frozenset[Scope]] = {
    "panel": _PANEL,
    "desk": _PANEL | {"desk:use", "tokens:create", "events:create", "customers:read", "catalogue:read"},
    "insights": frozenset({"insights:read"}),
}


class Claims(Noun):
    """What a token says. `key_id` is the key it was made with, None for one made on the command line and what is made with that."""

    kind: Kind
    agent_id: Id
    contact_id: Id | None = None
    customer_id: Id | None = None
    authority: float | None = None
    key_id: Word | None = None
    exp: int


class Tokens:
    """Makes tokens and reads them, by one secret and one clock."""

    def __init__(self, secret: bytes, clock: Callable[[], datetime]) -> None:
        self._secret = secret
        self._clock = clock

    def make(self, kind: Kind, bound: Bound, lives: timedelta, key_id: str | None) -> tuple[str, datetime]:
        """A token and the moment, a whole second, from which it is no longer taken."""
        expires = (self._clock() + lives).astimezone(UTC).replace(microsecond=0)
        claims = Claims(kind=kind, **asdict(bound), key_id=key_id, exp=int(expires.timestamp()))
        return PREFIX + jwt.encode(claims.model_dump(exclude_none=True), self._secret, ALGORITHM), expires

    def read(self, token: str) -> Claims:
        """What a token says that we signed and whose time is not over.

        Raises:
            UnauthenticatedError: not ours.
            ExpiredError: ours, and its time is over.
        """
        try:
            # The time is checked below, by the service's own clock.
            said = jwt.decode(
                token.removeprefix(PREFIX), self._secret, [ALGORITHM], options={"verify_exp": False}
            )
            claims = Claims.model_validate(said)
        except (jwt.InvalidTokenError, ValidationError):
            raise UnauthenticatedError("this token is not ours; ask for one with POST /v1/tokens") from None
        if self._clock().timestamp() >= claims.exp:
            raise ExpiredError("this token has expired; ask for another with POST /v1/tokens")
        return claims


def bound_of(claims: Claims) -> Bound:
    return Bound(claims.agent_id, claims.contact_id, claims.customer_id, claims.authority)


def token_secret(given: str, var: Path) -> bytes:
    """What tokens are signed with: BEHOUD_TOKEN_SECRET, else a file below BEHOUD_VAR that is made once and shared by all workers.

    Raises:
        SettingsError: too short, or the file cannot be made or read.
    """
    if given:
        return _long_enough(given.encode(), "BEHOUD_TOKEN_SECRET")
    path = var / FILE
    try:
        if not path.exists():
            _make(path)
        return _long_enough(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}; set BEHOUD_TOKEN_SECRET or let BEHOUD_VAR be written to"
        ) from None


def _make(path: Path) -> None:
    """Written aside and then linked, so that nobody reads half a secret and whoever comes second takes the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass  # another worker was first
    finally:
        fresh.unlink()


def _long_enough(secret: bytes, source: str) -> bytes:
    if len(secret) < LEAST_BYTES:
        raise SettingsError(
            f"{source}: {len(secret)} bytes are too few for a secret; give at least {LEAST_BYTES} random ones"
        )
    return secret
