"""What is the best thing to do now, what was it then, and would it be the same again?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import header, parse, read_body
from api.bounds import check_contact, check_question, in_the_name
from api.connection import StoreAwayError
from api.contract import JSON, Answered, operation
from api.deadline import HEADER, deadline_of
from api.deciding import Haste, answer, as_json
from api.errors import FieldError, ForbiddenError, UnavailableError, UnknownError
from api.examples.decisions import DECISION_EXAMPLE, REPLAY_EXAMPLE, REQUEST_EXAMPLE
from api.flat import FlatDecision, flat
from api.records import answer_of
from api.rendering import for_the_customer, with_render
from api.security import caller_of
from api.service import service_of
from api.shelf import UnknownVersionError
from api.views import check_detail, seen_as_json
from api.vocabulary import refuse
from models.domain import DecisionRequest, Noun
from models.journal import DecisionRecord, answered, in_full
from models.response import Decision

if TYPE_CHECKING:
    from api.service import Service
    from models.knowledge import Knowledge


class Difference(Noun):
    """A place where the decision made again is another one; values as JSON text."""

    path: str
    then: str
    now: str


class Replayed(Noun):
    """`same` leaves out how long it took and the version of the software."""

    same: bool
    differences: tuple[Difference, ...] = ()
    decision: Decision


class DecisionAnswer(Decision):
    """A decision, and with `render=1` the message that brings it to the customer."""

    render: Annotated[
        dict[str, Any] | None,
        Field(
            description="the payload as the channel takes it; null where a person speaks or nothing may be sent"
        ),
    ] = None


@operation(
    "POST",
    "/v1/decisions",
    "The best thing to do for this customer now",
    scope="decisions:create",
    takes=DecisionRequest,
    gives=DecisionAnswer,
    gives_else=FlatDecision,
    views=("bot", "customer"),
    once=True,
    hurries=True,
    example_in=REQUEST_EXAMPLE,
    example_out=DECISION_EXAMPLE,
    parameters={
        "render": "1: with the message for the contact's channel, all in the customer's language",
        "shape": "flat: as flat fields, for desktops that only map one field onto another",
    },
)
async def decide(request: Request) -> Response:
    body = await read_body(request)
    question = parse(DecisionRequest, body)
    caller = caller_of(request)
    if caller.bound is not None:
        check_question(caller.bound, question)
    check_detail(caller, question)
    service = service_of(request)
    said = header(request, HEADER)
    haste = Haste(
        request.scope.get("lost", ()), None if said is None else deadline_of(said, request.scope.get("came"))
    )
    # A bare address is not parsed for what it does not have.
    if not request.scope["query_string"]:
        if caller.bound is not None:
            question, body = in_the_name(caller.bound, question)
        made = await answer(service, question, body, haste)
        return Answered(seen_as_json(caller.view, made))
    shape, rendered = _shape(request), request.query_params.get("render") == "1"
    if rendered:
        question, body = for_the_customer(question)
    if caller.bound is not None:
        question, body = in_the_name(caller.bound, question)
    made = await answer(service, question, body, haste)
    seen = seen_as_json(caller.view, made)
    if rendered:
        seen = await with_render(service, question, made, seen)
    if shape == "flat":
        seen = orjson.dumps(flat(orjson.loads(seen)))
    return Response(seen, media_type=JSON)


def _shape(request: Request) -> str | None:
    shape = request.query_params.get("shape")
    if shape not in (None, "flat"):
        refuse(
            [
                FieldError(
                    field="shape",
                    message=f"there is no shape '{shape:.40}'",
                    remedy="use 'flat', or leave it out",
                )
            ]
        )
    return shape


@operation(
    "GET",
    "/v1/decisions/{decision_id}",
    "A decision as it was answered",
    scope="decisions:read",
    gives=Decision,
    problems=(404, 503),
    example_out=DECISION_EXAMPLE,
    parameters={"detail": "full: with every veto and term, decided again from the record"},
)
async def decision(request: Request) -> Response:
    stored = await _record(request)
    _check_bound(request, stored)
    if request.query_params.get("detail") != "full":
        return Response(answer_of(stored), media_type=JSON)
    record = _read(stored)
    knowledge = await _knowledge_of(service_of(request), record)
    again = await _answered(request, in_full(record), knowledge)
    return Response(as_json(again.model_copy(update={"took_ms": record.decision.took_ms})), media_type=JSON)


@operation(
    "POST",
    "/v1/decisions/{decision_id}/replay",
    "Decide again from the record, with the knowledge of then",
    scope="decisions:read",
    gives=Replayed,
    problems=(404, 503),
    example_out=REPLAY_EXAMPLE,
    parameters={"detail": "full: the decision made again is given with every veto and term"},
)
async def decide_again(request: Request) -> Response:
    if caller_of(request).bound is not None:
        raise ForbiddenError("a token reads a decision and does not replay it; use a key")
    record = _read(await _record(request))
    knowledge = await _knowledge_of(service_of(request), record)
    again = await _answered(request, record, knowledge)
    differences = compare(record.decision, again)
    if request.query_params.get("detail") == "full":
        again = await _answered(request, in_full(record), knowledge)
    body = Replayed(same=not differences, differences=tuple(differences), decision=again)
    return Response(body.model_dump_json(), media_type=JSON)


async def _record(request: Request) -> bytes:
    decision_id = request.path_params["decision_id"]
    try:
        found = await service_of(request).store.decision(decision_id)
    except StoreAwayError:
        raise UnavailableError("the store does not answer; ask again") from None
    if found is None:
        raise UnknownError(
            f"no decision '{decision_id:.200}'; it was never made, was not recorded, or has expired"
        )
    return found


def _check_bound(request: Request, stored: bytes) -> None:
    bound = caller_of(request).bound
    if bound is not None:
        told = orjson.loads(answer_of(stored))
        check_contact(bound, told["customer_id"], told["contact_id"])


async def _answered(request: Request, record: DecisionRecord, knowledge: Knowledge) -> Decision:
    async with service_of(request).reasoning:
        return await asyncio.to_thread(answered, record, knowledge)


def _read(stored: bytes) -> DecisionRecord:
    try:
        return DecisionRecord.model_validate_json(stored)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UnknownError(
            f"the record cannot be read by this version of the software: {first['msg']}"
        ) from None


async def _knowledge_of(service: Service, record: DecisionRecord) -> Knowledge:
    try:
        return await service.library.of(record.decision.versions)
    except UnknownVersionError as error:
        raise UnknownError(f"the knowledge of then is not kept here: {error}") from None


def compare(then: Decision, now: Decision) -> list[Difference]:
    """Where two decisions differ, apart from how long they took and the version of the software."""
    return list(_differences(_comparable(then), _comparable(now), ""))


def _comparable(decision: Decision) -> dict[str, Any]:
    plain: dict[str, Any] = orjson.loads(as_json(decision))
    plain.pop("took_ms")
    plain["versions"].pop("code")
    return plain


def _differences(then: Any, now: Any, path: str) -> list[Difference]:
    if isinstance(then, dict) and isinstance(now, dict):
        found = []
        for key in [*then, *(key for key in now if key not in then)]:
            found += _differences(then.get(key), now.get(key), f"{path}.{key}" if path else key)
        return found
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            difference
            for index, (one, other) in enumerate(zip(then, now, strict=True))
            for difference in _differences(one, other, f"{path}[{index}]")
        ]
    if then == now:
        return []
    return [Difference(path=path, then=orjson.dumps(then).decode(), now=orjson.dumps(now).decode())]
