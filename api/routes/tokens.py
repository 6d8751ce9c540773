"""Tokens for a panel in a browser, asked for by the desktop's own server, which has the key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import parse, read_body
from api.bounds import check_authority
from api.contract import JSON, operation
from api.errors import ForbiddenError
from api.examples.tokens import TOKEN_EXAMPLE, TOKEN_REQUEST_EXAMPLE
from api.security import Bound, caller_of
from api.service import service_of
from models.domain import Id, Noun


class TokenRequest(Noun):
    """Whose panel it is: the agent, and the one contact and customer it may ask and tell about."""

    agent_id: Id
    contact_id: Id
    customer_id: Id
    authority: Annotated[
        float | None, Field(ge=0, description="the discount a month, in euros, this agent may give")
    ] = None
    minutes: Annotated[int, Field(ge=1, le=60, description="how long it lives")] = 15


class Token(Noun):
    """Sent as a key is: `Authorization: Bearer bt_…`."""

    token: str
    expires_at: datetime


@operation(
    "POST",
    "/v1/tokens",
    "A token for a panel: minutes, one agent, one contact",
    scope="tokens:create",
    takes=TokenRequest,
    gives=Token,
    example_in=TOKEN_REQUEST_EXAMPLE,
    example_out=TOKEN_EXAMPLE,
)
async def create_token(request: Request) -> Response:
    caller = caller_of(request)
    asked = parse(TokenRequest, await read_body(request))
    if caller.bound is not None:
        check_authority(caller.bound, asked.authority)
        if caller.bound.agent_id != asked.agent_id:
            raise ForbiddenError("agent_id: a desk's token makes tokens for its own agent only")
    bound = Bound(asked.agent_id, asked.contact_id, asked.customer_id, asked.authority)
    made, expires = service_of(request).keyring.tokens.make(
        "panel", bound, timedelta(minutes=asked.minutes), caller.id or None
    )
    answer = Token(token=made, expires_at=expires)
    return Response(answer.model_dump_json(), media_type=JSON, headers={"Cache-Control": "no-store"})
