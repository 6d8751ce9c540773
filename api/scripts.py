"""The scripts that run inside Redis, what they are given and what they answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple


@dataclass(frozen=True)
class Script:
    """A Lua script and the hash the server knows it by.

    `also` are the keys it writes beside the one it is called with, whose owner stands for `{}`. They are named in the call, though the script
    makes the names itself: a node that is handing over its slot key by key then refuses the call before it begins, and not half-way.
    """

    source: bytes
    sha: str
    also: tuple[str, ...] = ()

    def keys(self, key: str) -> list[str]:
        """All keys of a call with `key`, such as `{p07}:history:C-1`."""
        tag, _, name = key.partition(":")
        owner = name.partition(":")[2]
        return [key, *(f"{tag}:{other.format(owner)}" for other in self.also)]


def _script(name: str, *also: str) -> Script:
    source = files("api").joinpath("lua", f"{name}.lua").read_bytes()
    return Script(source, hashlib.sha1(source).hexdigest(), also)  # noqa: S324  # the name EVALSHA wants, no secret


LOAD, RECORD, CLAIM, SETTLE = (_script(name) for name in ("load", "record", "claim", "settle"))
APPEND = _script("append", "seen:{}", "revision:{}", "stock", "journal")
CUSTOMER = _script("customer", "revision:{}", "written:{}")
SHADOW = _script("shadow", "decision:{}", "journal")


class Loaded(NamedTuple):
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


class Trace(NamedTuple):
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
