"""The catalogue and the policy in force, as data."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.contract import JSON, operation
from api.service import service_of
from models.catalogue import Catalogue
from models.policy import Policy


@operation(
    "GET", "/v1/catalogue", "Products, bundles and actions in force", scope="catalogue:read", gives=Catalogue
)
async def catalogue(request: Request) -> Response:
    found = service_of(request).library.current.catalogue
    return Response(
        found.model_dump_json(by_alias=True), media_type=JSON, headers={"ETag": f'"{found.version}"'}
    )


@operation("GET", "/v1/policy", "Facts, modes, rules and prices in force", scope="policy:read", gives=Policy)
async def policy(request: Request) -> Response:
    found = service_of(request).library.current.policy
    return Response(
        found.model_dump_json(by_alias=True), media_type=JSON, headers={"ETag": f'"{found.version}"'}
    )
