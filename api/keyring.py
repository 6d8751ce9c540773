"""API keys: made once, kept only as a hash, each with the scopes it opens. And who it is that sends one, or a token."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, ValidationError, model_validator

from api.errors import ForbiddenError, UnauthenticatedError
from api.security import OPENS, Caller, Scope, View
from api.settings import SettingsError
from api.tokens import PREFIX, SCOPES_OF, bound_of
from models.domain import Noun, Word

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings
    from api.tokens import Tokens


class Key(Noun):
    """What is kept of a key. `sha256` is the hash of its secret part, which is long and random, so that no salt is needed."""

    id: Word
    name: str = ""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: tuple[Scope, ...]
    view: View = "agent"
    per_minute: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    created: datetime

    @model_validator(mode="after")
    def _within_its_view(self) -> Self:
        beyond = [scope for scope in self.scopes if scope not in OPENS[self.view]]
        if beyond:
            raise ValueError(
                f"the key '{self.name or self.id}' has the view '{self.view}' and may not have {', '.join(beyond)}; "
                f"leave it at {', '.join(OPENS[self.view])}, or give it the view 'agent'"
            )
        return self


class KeyFile(Noun):
    keys: tuple[Key, ...] = ()


class Keyring:
    """The keys of this service and the tokens made with them."""

    def __init__(self, keys: tuple[Key, ...], tokens: Tokens) -> None:
        self.tokens = tokens
        self._known = {key.id: (key.sha256, _caller(key)) for key in keys}

    def require(self, authorization: str | None, scope: Scope) -> Caller:
        """Who sends this, when it opens `scope`.

        Raises:
            UnauthenticatedError: no key or token, or none of ours.
            ExpiredError: a token that has done its time.
            ForbiddenError: a key or a token without this scope.
        """
        kind, _, sent = (authorization or "").partition(" ")
        sent = sent.strip()
        if kind.lower() != "bearer" or not sent:
            raise UnauthenticatedError("send the key as 'Authorization: Bearer <key>'")
        caller = self._with_token(sent) if sent.startswith(PREFIX) else self._with_key(sent)
        if scope not in caller.scopes:
            raise ForbiddenError(_lacking(caller, scope))
        return caller

    def view_of(self, key_id: str) -> View | None:
        """The view of the key with this id, whoever says it; None where there is none."""
        found = self._known.get(key_id)
        return None if found is None else found[1].view

    def _with_key(self, sent: str) -> Caller:
        key_id, _, secret = sent.removeprefix("bh_").partition("_")
        # A hash is compared also when there is no such key, so that time tells nothing.
        expected, caller = self._known.get(key_id, ("0" * 64, None))
        matches = hmac.compare_digest(_hash(secret), expected)
        if caller is None or not matches:
            raise UnauthenticatedError("this key is not known here; make one with 'python -m api key create'")
        return caller

    def _with_token(self, sent: str) -> Caller:
        """A token has the scopes of its kind as far as the key it was made with has them, and dies with that key."""
        claims = self.tokens.read(sent)
        scopes, bound = SCOPES_OF[claims.kind], bound_of(claims)
        if claims.key_id is None:
            return Caller("", bound.agent_id, scopes, bound=bound)
        _, maker = self._known.get(claims.key_id, ("", None))
        if maker is None:
            raise UnauthenticatedError(
                "the key this token was made with is no longer known here; make another"
            )
        return replace(maker, name=bound.agent_id, scopes=scopes & maker.scopes, bound=bound)


def _caller(key: Key) -> Caller:
    return Caller(key.id, key.name or key.id, frozenset(key.scopes), key.view, per_minute=key.per_minute)


def _lacking(caller: Caller, scope: Scope) -> str:
    if caller.bound is None:
        return f"the key '{caller.name}' lacks the scope '{scope}'; use one that has it"
    return f"this token lacks the scope '{scope}'; it has no more than its kind and the key it was made with"


def read_keys(settings: Settings) -> tuple[Key, ...]:
    """The keys of BEHOUD_KEYS_FILE and BEHOUD_KEYS.

    Raises:
        SettingsError: naming the variable whose content is no list of keys.
    """
    keys: tuple[Key, ...] = ()
    if settings.keys_file is not None and settings.keys_file.is_file():
        keys += _parse(settings.keys_file.read_bytes(), f"BEHOUD_KEYS_FILE ({settings.keys_file})")
    if settings.keys:
        keys += _parse(settings.keys.encode(), "BEHOUD_KEYS")
    return keys


def _parse(data: bytes, source: str) -> tuple[Key, ...]:
    try:
        return KeyFile.model_validate_json(data).keys
    except ValidationError as error:
        raise SettingsError(f"{source}: {_said(error)}; write keys with 'python -m api key create'") from None


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = "".join(f"{step}." for step in first["loc"]).rstrip(".")
    return f"{place or 'document'}: {first['msg'].removeprefix('Value error, ')}"


def create_key(
    scopes: tuple[Scope, ...], name: str, view: View = "agent", per_minute: int | None = None
) -> tuple[str, Key]:
    """A new key: what its holder is given, once, and what is kept.

    Raises:
        SettingsError: a scope its view may not have.
    """
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    try:
        kept = Key(
            id=key_id,
            name=name,
            sha256=_hash(secret),
            scopes=scopes,
            view=view,
            per_minute=per_minute,
            created=datetime.now(UTC),
        )
    except ValidationError as error:
        raise SettingsError(_said(error)) from None
    return f"bh_{key_id}_{secret}", kept


def add_to_file(key: Key, path: Path) -> None:
    """Append a key to the file, which only its owner may read.

    Raises:
        SettingsError: the file that is there holds something else.
    """
    there = _parse(path.read_bytes(), str(path)) if path.is_file() else ()
    document = KeyFile(keys=(*there, key)).model_dump(mode="json")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file, indent=1)
    fresh.replace(path)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
