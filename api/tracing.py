"""One request followed through what it causes: its id in every line that is logged meanwhile, and its stages where spans are sent.

The id is the caller's (`traceparent`, W3C Trace Context), or made here when the first line is logged.
"""

from __future__ import annotations

import re
import secrets
from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from starlette.types import Scope

FOLLOWED: ContextVar[Scope | None] = ContextVar("FOLLOWED", default=None)
"""The request that is being answered."""
STAGES: ContextVar[Callable[[str], AbstractContextManager[Any]] | None] = ContextVar("STAGES", default=None)
"""What makes a span; None where nobody collects them."""
KEPT: Final = "behoud.trace"
PARENT: Final = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
UNSAID: Final[AbstractContextManager[Any]] = nullcontext()


def trace_id() -> str | None:
    """The id of the request that is being answered; None outside of one."""
    scope = FOLLOWED.get()
    if scope is None:
        return None
    if KEPT not in scope:
        said = PARENT.fullmatch(header(scope, b"traceparent"))
        scope[KEPT] = said[1] if said else secrets.token_hex(16)
    found: str = scope[KEPT]
    return found


def stage(name: str) -> AbstractContextManager[Any]:
    """A span within that of the request for as long as the block takes; nothing where nobody collects them."""
    begin = STAGES.get()
    return UNSAID if begin is None else begin(name)


def header(scope: Scope, name: bytes) -> str:
    """The first header of this name, as text; empty where there is none."""
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found.decode("latin-1")
