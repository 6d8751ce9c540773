"""Who calls, with a key or a token: which scopes that opens, how much of an answer it shows, and what a token is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from starlette.requests import Request

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
    "tokens:create",
    "desk:use",
    "insights:read",
    "admin",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)

View = Literal["agent", "bot", "customer"]
VIEWS: tuple[View, ...] = get_args(View)

OPENS: Mapping[View, tuple[Scope, ...]] = {
    "agent": SCOPES,
    "bot": ("decisions:create", "outcomes:create", "events:create"),
    "customer": ("decisions:create", "outcomes:create"),
}
"""The scopes a key with this view may have: what the others answer shows what the view must not."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a token is for: an agent with his authority (euros a month), and on a panel one contact of one customer."""

    agent_id: str
    contact_id: str | None = None
    customer_id: str | None = None
    authority: float | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """`id` is the key's, of a token that of the key it was made with. `bound` is None for a key.

    `per_minute` is how many calls all that come with this id may make.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    view: View = "agent"
    bound: Bound | None = None
    per_minute: int | None = None


def caller_of(request: Request) -> Caller:
    """Who sent this request; every route that names a scope has a caller."""
    found: Caller = request.scope["caller"]
    return found
