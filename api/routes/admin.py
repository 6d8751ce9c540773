"""Going back to what was in use before, and forward again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import parse, read_body
from api.contract import JSON, operation
from api.errors import FieldError
from api.examples.admin import IN_USE_EXAMPLE, RESUME_EXAMPLE, ROLLBACK_EXAMPLE
from api.going_back import CannotGoBackError, before, go_back, in_use, resume
from api.pins import PARTS, Part, Pin
from api.security import caller_of
from api.service import service_of
from api.vocabulary import refuse
from models.domain import Noun

if TYPE_CHECKING:
    from api.service import Service


class Rollback(Noun):
    """Which part goes back, and to which version. What is in use now is refused until somebody resumes."""

    part: Annotated[
        Part, Field(description="documents: catalogue, policies, law packs, languages and flags, as one")
    ]
    to: Annotated[
        str | None,
        Field(
            pattern=r"^(sha256:[0-9a-f]{64}|none)$",
            description="a version that was in use; absent: the one before, and no learned corrections at all",
        ),
    ] = None
    hold: Annotated[
        bool,
        Field(
            description="stay with it also when another version is published; learned corrections always do"
        ),
    ] = False


class Resume(Noun):
    """Which part follows its source again."""

    part: Part


class PartInUse(Noun):
    """`before` was in use on this machine and can be gone back to, the latest first. `pin` is null where nobody has gone back."""

    part: Part
    version: str | None
    before: tuple[str, ...]
    pin: Pin | None
    stays: Annotated[str | None, Field(description="why the part is not what its source names now")]


class PartsInUse(Noun):
    """`told` is whether every replica can know: false while the store is away, and they follow when it is back."""

    parts: tuple[PartInUse, ...]
    told: bool


@operation(
    "GET",
    "/v1/admin/versions",
    "What is in use, and what can be gone back to",
    scope="admin",
    gives=PartsInUse,
    example_out=IN_USE_EXAMPLE,
)
async def versions(request: Request) -> Response:
    service = service_of(request)
    return await _answered(service, told=service.library.board.sent)


@operation(
    "POST",
    "/v1/admin/rollback",
    "Use the version before, or a named one, at once and everywhere",
    scope="admin",
    takes=Rollback,
    gives=PartsInUse,
    example_in=ROLLBACK_EXAMPLE,
    example_out=IN_USE_EXAMPLE,
)
async def rollback(request: Request) -> Response:
    asked = parse(Rollback, await read_body(request))
    service = service_of(request)
    library, settings, by = service.library, service.settings, caller_of(request).name
    try:
        told = await go_back(
            library, settings, asked.part, asked.to, hold=asked.hold, by=by, now=service.clock()
        )
    except CannotGoBackError as error:
        remedy = "GET /v1/admin/versions lists what was in use on this machine"
        refuse([FieldError(field="to", message=str(error), remedy=remedy)])
    return await _answered(service, told=told)


@operation(
    "POST",
    "/v1/admin/resume",
    "Follow what is published again",
    scope="admin",
    takes=Resume,
    gives=PartsInUse,
    example_in=RESUME_EXAMPLE,
    example_out=IN_USE_EXAMPLE,
)
async def follow_again(request: Request) -> Response:
    asked = parse(Resume, await read_body(request))
    service = service_of(request)
    told = await resume(service.library, asked.part, by=caller_of(request).name, now=service.clock())
    return await _answered(service, told=told)


async def _answered(service: Service, *, told: bool) -> Response:
    library = service.library
    parts = [
        PartInUse(
            part=part,
            version=in_use(library, part),
            before=tuple(await asyncio.to_thread(before, library, part)),
            pin=library.board.current.parts.get(part),
            stays=library.stays.get(part),
        )
        for part in PARTS
    ]
    body = PartsInUse(parts=tuple(parts), told=told)
    return Response(body.model_dump_json(), media_type=JSON, headers={"Cache-Control": "no-store"})
