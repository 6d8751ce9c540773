"""What would a proposed catalogue and policy change? Asked before they are released."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.against import Stage, proposed_by
from api.bodies import parse, read_body
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.documents import Documents
from api.errors import FieldError, InvalidError, UnavailableError
from api.examples.policy import POLICY_CHECK_EXAMPLE, REHEARSAL_EXAMPLE
from api.languages import read_languages
from api.law import read_packs
from api.service import service_of
from api.settings import SettingsError
from api.vocabulary import refuse
from models.documents import DocumentError, Problem
from models.domain import USUAL, Flags, Noun, Word
from models.rehearsal import Rehearsal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.service import Service

MAX_BODY = 10_000_000
"""Bytes: two documents, as JSON strings."""
AT_ONCE = 20
"""Records fetched in one round trip."""


class PolicyCheck(Noun):
    """A proposed catalogue and policy, as the text of their files. Law packs and flags that are absent are those in force."""

    catalogue: Annotated[str, Field(description="catalogue.yaml")]
    policy: Annotated[str, Field(description="policy.yaml")]
    law: Annotated[dict[Word, str], Field(description="law packs by name, instead of those in force")] = (
        Field(default_factory=dict)
    )
    flags: Flags | None = None


@operation(
    "POST",
    "/v1/policy/check",
    "What recent decisions would have been with a proposed catalogue and policy",
    scope="policy:check",
    takes=PolicyCheck,
    gives=Rehearsal,
    problems=(503,),
    example_in=POLICY_CHECK_EXAMPLE,
    example_out=REHEARSAL_EXAMPLE,
)
async def check_policy(request: Request) -> Response:
    service = service_of(request)
    asked = parse(PolicyCheck, await read_body(request, MAX_BODY))
    if service.rehearsing.locked():
        raise UnavailableError("another check is at work; come back when it is done")
    async with service.rehearsing:
        stage = await asyncio.to_thread(_stage, service, asked)
        try:
            async for stored in _recent(service):
                started = perf_counter()
                await stage.take(stored)
                # Live decisions go first: a check takes at most every second millisecond.
                await asyncio.sleep(perf_counter() - started)
        except StoreAwayError:
            raise UnavailableError("the store does not give the recent decisions now; ask again") from None
        report = await asyncio.to_thread(stage.report)
    return Response(report.model_dump_json(), media_type=JSON)


def _stage(service: Service, asked: PolicyCheck) -> Stage:
    """Raises InvalidError with everything wrong in the documents."""
    flags = asked.flags or service.library.current.flags
    if (flags.policy, flags.bundle) != (USUAL, USUAL):
        why = "what is played is the proposed policy with the bundle in use"
        refuse(
            [FieldError(field="flags", message=why, remedy=f"leave out policy and bundle, or write {USUAL}")]
        )
    law = {
        **read_packs(service.settings.knowledge),
        **{name: text.encode() for name, text in asked.law.items()},
    }
    languages = read_languages(service.settings.knowledge)
    documents = Documents(asked.catalogue.encode(), asked.policy.encode(), flags, law, languages)
    try:
        return Stage(service.library, proposed_by(documents, service.clock()))
    except DocumentError as error:
        errors = [_field(problem) for problem in error.problems]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InvalidError(f"{error.problems[0]}{more}", errors) from None
    except SettingsError as error:
        raise InvalidError(str(error)) from None


def _field(problem: Problem) -> FieldError:
    """Where the remedy is said last, after a semicolon, it is given apart."""
    message, _, remedy = problem.message.rpartition("; ")
    return FieldError(
        file=problem.source,
        line=problem.line or None,
        field=problem.key,
        message=message or remedy,
        remedy=remedy if message else "correct it there",
    )


async def _recent(service: Service) -> AsyncIterator[bytes | None]:
    """The latest decisions the journal in the store still has, the newest first."""
    wanted = await service.store.latest_decisions(service.settings.check_decisions)
    for start in range(0, len(wanted), AT_ONCE):
        for stored in await service.store.decisions(wanted[start : start + AT_ONCE]):
            yield stored
