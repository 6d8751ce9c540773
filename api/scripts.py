"""The scripts that run inside Redis, what they are given and what they answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Script:
    """A Lua script and the hash the server knows it by."""

    source: bytes
    sha: str


def _script(name: str) -> Script:
    source = files("api").joinpath("lua", f"{name}.lua").read_bytes()
    return Script(source, hashlib.sha1(source).hexdigest())  # noqa: S324  # the name EVALSHA wants, no secret


LOAD, RECORD, APPEND, CUSTOMER, SHADOW, CLAIM, SETTLE = (
    _script(name) for name in ("load", "record", "append", "customer", "shadow", "claim", "settle")
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`customer` and `history` are JSON as stored; `stored` is the record of this very question at this revision."""

    customer: bytes | None
    revision: str
    history: bytes
    stored: bytes | None

    @classmethod
    def of(cls, answer: bytes) -> Loaded:
        """What `load.lua` answers."""
        revision, customer_size, history_size, rest = answer.split(b" ", 3)
        end = int(customer_size)
        middle = end + int(history_size)
        return cls(rest[:end] or None, revision.decode(), rest[end:middle], rest[middle:] or None)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a decision leaves behind. `answers_seconds` is how long it stands; `contact_event` is empty when history has it, `lesson` when nothing was priced. `given_up` is cents, `drawn_by` the contact's second seed and `day` whose they are."""

    decision_id: str
    customer_id: str
    record: bytes
    digest: str
    revision: str
    at: str
    answers_seconds: int
    contact_event: bytes
    lesson: bytes
    drawn_by: str
    given_up: int
    day: str
