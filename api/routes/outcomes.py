"""What became of proposals, as agents, bots and order systems report it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import parse, read_body
from api.contract import JSON, operation
from api.errors import FieldError, UnavailableError
from api.examples import OUTCOMES_EXAMPLE, TAKEN_OUTCOMES_EXAMPLE
from api.moments import ahead
from api.records import answer_of
from api.service import service_of
from api.shelf import UnknownVersionError
from api.store import StoreAwayError
from api.taken import Taken, TakenBatch
from api.vocabulary import refuse, unknown_motive
from models.domain import ActionKind, Channel, Event, Id, Noun, Outcome, PastOutcome, Versions

if TYPE_CHECKING:
    from datetime import datetime

    from api.service import Service
    from models.catalogue import Action


class OutcomeBatch(Noun):
    """Outcomes of any customers. One that is refused refuses the batch; sending a batch again does no harm."""

    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=500)]


class Told(Noun):
    """What a recorded decision tells about its outcomes."""

    customer_id: Id
    contact_id: Id
    channel: Channel
    kinds: dict[Id, ActionKind]
    versions: Versions


@operation(
    "POST",
    "/v1/outcomes",
    "What became of proposals",
    scope="outcomes:create",
    takes=OutcomeBatch,
    gives=TakenBatch,
    problems=(503,),
    example_in=OUTCOMES_EXAMPLE,
    example_out=TAKEN_OUTCOMES_EXAMPLE,
)
async def outcomes(request: Request) -> Response:
    service = service_of(request)
    batch = parse(OutcomeBatch, await read_body(request))
    received = service.clock()
    try:
        past, promises = await _past(service, batch, received)
        # The promises first: should the outcomes then fail, the batch is sent again, and what was promised is known already.
        promised = await service.store.append_events(promises, received)
        new = await service.store.append_outcomes(past, received, service.library.current.catalogue.stock)
    except StoreAwayError:
        raise UnavailableError("the store does not take outcomes now; send the same batch again") from None
    taken = tuple(
        Taken(id=outcome.outcome_id, status="new" if fresh else "known")
        for outcome, fresh in zip(past, new, strict=True)
    )
    for outcome, fresh in zip(past, new, strict=True):
        service.metrics.outcomes.labels(outcome.kind).inc(int(fresh))
    service.metrics.events.labels("promise").inc(sum(promised))
    return Response(TakenBatch(results=taken).model_dump_json(), media_type=JSON)


async def _past(
    service: Service, batch: OutcomeBatch, received: datetime
) -> tuple[list[PastOutcome], list[Event]]:
    """The outcomes with what their decisions tell, and what was promised by them; InvalidError names everything that does not fit."""
    policy = service.library.current.policy
    ids = list(dict.fromkeys(outcome.decision_id for outcome in batch.outcomes))
    records = dict(zip(ids, await service.store.decisions(ids), strict=True))
    told = {name: _told(record) for name, record in records.items() if record is not None}
    errors = [
        error
        for index, outcome in enumerate(batch.outcomes)
        for error in (
            _misfit(index, outcome, told.get(outcome.decision_id)),
            ahead(f"outcomes[{index}].at", outcome.at, received),
            unknown_motive(f"outcomes[{index}].motive", outcome.motive, policy),
        )
        if error is not None
    ]
    refuse(errors)
    past, promises = [], []
    for outcome in batch.outcomes:
        known = told[outcome.decision_id]
        action = await _action(service, outcome.action_id, known.versions)
        past.append(_with(outcome, known, action))
        if action is not None and action.promise is not None and outcome.kind == "accepted":
            due = action.promise.due(outcome.at, policy.timezone)
            promises.append(_promise(outcome, known, action.promise.subject, due))
    return past, promises


def _told(record: bytes) -> Told:
    decision = orjson.loads(answer_of(record))
    return Told(
        customer_id=decision["customer_id"],
        contact_id=decision["contact_id"],
        channel=orjson.loads(record)["request"]["contact"]["channel"],
        kinds={proposal["action_id"]: proposal["kind"] for proposal in decision["proposals"]},
        versions=Versions.model_validate(decision["versions"]),
    )


def _misfit(index: int, outcome: Outcome, told: Told | None) -> FieldError | None:
    if told is None:
        return FieldError(
            field=f"outcomes[{index}].decision_id",
            message=f"there is no decision '{outcome.decision_id}'",
            remedy="send the decision_id of an answer; decisions expire and those marked degraded 'record' are not kept",
        )
    if outcome.action_id not in told.kinds:
        return FieldError(
            field=f"outcomes[{index}].action_id",
            message=f"'{outcome.action_id}' was not proposed in that decision",
            remedy=f"use one of {', '.join(told.kinds) or 'none: nothing was proposed'}",
        )
    return None


def _with(outcome: Outcome, told: Told, action: Action | None) -> PastOutcome:
    return PastOutcome(
        **outcome.model_dump(),
        customer_id=told.customer_id,
        contact_id=told.contact_id,
        channel=told.channel,
        action_kind=told.kinds[outcome.action_id],
        family="unknown" if action is None else action.family,
    )


def _promise(outcome: Outcome, told: Told, subject: str, due: datetime) -> Event:
    """What accepting promised. One proposal promises once, however often and by whomever its acceptance is told."""
    accepted = f"{outcome.decision_id} {outcome.action_id}".encode()
    return Event(
        event_id=f"promise-{hashlib.sha256(accepted).hexdigest()[:32]}",
        customer_id=told.customer_id,
        kind="promise",
        at=outcome.at,
        channel=told.channel,
        contact_id=told.contact_id,
        subject=subject,
        due=due,
    )


async def _action(service: Service, action_id: str, versions: Versions) -> Action | None:
    """An action of the catalogue in force, or of the one it was proposed from; None when neither is known."""
    action = service.library.current.catalogue.action.get(action_id)
    if action is not None:
        return action
    try:
        return (await service.library.of(versions)).catalogue.action[action_id]
    except UnknownVersionError:
        return None
