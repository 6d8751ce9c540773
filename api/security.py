"""API keys: made once, kept only as a hash, each with the scopes it opens."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import Field, ValidationError

from api.errors import ForbiddenError, UnauthenticatedError
from api.settings import SettingsError
from models.domain import Noun, Word

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

Scope = Literal[
    "decisions:create",
    "decisions:read",
    "outcomes:create",
    "events:create",
    "customers:read",
    "customers:write",
    "catalogue:read",
    "policy:read",
    "policy:check",
    "metrics:read",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Key(Noun):
    """What is kept of a key. `sha256` is the hash of its secret part, which is long and random, so that no salt is needed."""

    id: Word
    name: str = ""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: tuple[Scope, ...]
    created: datetime


class KeyFile(Noun):
    keys: tuple[Key, ...] = ()


class Keyring:
    """The keys of this service."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = {key.id: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def require(self, authorization: str | None, scope: Scope) -> Key:
        """The key that opens `scope`.

        Raises:
            UnauthenticatedError: no key, or none of ours.
            ForbiddenError: a key without this scope.
        """
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise UnauthenticatedError("send the key as 'Authorization: Bearer <key>'")
        key_id, _, secret = token.strip().removeprefix("bh_").partition("_")
        key = self._keys.get(key_id)
        # A hash is compared also when there is no such key, so that time tells nothing.
        expected = key.sha256 if key is not None else "0" * 64
        matches = hmac.compare_digest(_hash(secret), expected)
        if key is None or not matches:
            raise UnauthenticatedError("this key is not known here; make one with 'python -m api key create'")
        if scope not in key.scopes:
            raise ForbiddenError(
                f"the key '{key.name or key.id}' lacks the scope '{scope}'; use one that has it"
            )
        return key


def read_keys(settings: Settings) -> Keyring:
    """The keys of BEHOUD_KEYS_FILE and BEHOUD_KEYS; none at all is an empty ring.

    Raises:
        SettingsError: naming the variable whose content is no list of keys.
    """
    keys: tuple[Key, ...] = ()
    if settings.keys_file is not None and settings.keys_file.is_file():
        keys += _parse(settings.keys_file.read_bytes(), f"BEHOUD_KEYS_FILE ({settings.keys_file})")
    if settings.keys:
        keys += _parse(settings.keys.encode(), "BEHOUD_KEYS")
    return Keyring(keys)


def _parse(data: bytes, source: str) -> tuple[Key, ...]:
    try:
        return KeyFile.model_validate_json(data).keys
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "document"
        raise SettingsError(
            f"{source}: {place}: {first['msg']}; write keys with 'python -m api key create'"
        ) from None


def create_key(scopes: tuple[Scope, ...], name: str) -> tuple[str, Key]:
    """A new key: what its holder is given, once, and what is kept."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    kept = Key(id=key_id, name=name, sha256=_hash(secret), scopes=scopes, created=datetime.now(UTC))
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
