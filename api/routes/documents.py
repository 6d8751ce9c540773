"""The catalogue and the policy in force, as data, and the contract of this service."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.contract import JSON, operation
from api.examples.documents import CATALOGUE_EXAMPLE, CONTRACT_EXAMPLE, POLICY_EXAMPLE
from api.service import service_of
from models.catalogue import Catalogue
from models.policy import Policy


@operation(
    "GET",
    "/v1/catalogue",
    "Products, bundles and actions in force",
    scope="catalogue:read",
    gives=Catalogue,
    example_out=CATALOGUE_EXAMPLE,
)
async def catalogue(request: Request) -> Response:
    found = service_of(request).library.current.catalogue
    return Response(
        found.model_dump_json(by_alias=True), media_type=JSON, headers={"ETag": f'"{found.version}"'}
    )


@operation(
    "GET",
    "/v1/policy",
    "Facts, modes, rules and prices in force",
    scope="policy:read",
    gives=Policy,
    example_out=POLICY_EXAMPLE,
)
async def policy(request: Request) -> Response:
    found = service_of(request).library.current.policy
    return Response(
        found.model_dump_json(by_alias=True), media_type=JSON, headers={"ETag": f'"{found.version}"'}
    )


@operation("GET", "/openapi.json", "This document: OpenAPI 3.1", scope=None, example_out=CONTRACT_EXAMPLE)
async def contract(request: Request) -> Response:
    return Response(orjson.dumps(request.app.openapi()), media_type=JSON)
