"""What became of proposals, as agents, bots and order systems report it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import parse, read_body
from api.bounds import check_contact, check_kinds
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import FieldError, UnavailableError
from api.examples.outcomes import OUTCOMES_EXAMPLE, TAKEN_OUTCOMES_EXAMPLE
from api.moments import ahead
from api.security import caller_of
from api.service import service_of
from api.taken import Taken, TakenBatch
from api.telling import Told, records_of, take, told_by
from api.vocabulary import refuse, unknown_motive
from models.domain import Noun, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from api.security import Bound
    from api.service import Service


class OutcomeBatch(Noun):
    """Outcomes of any customers. One that is refused refuses the batch; sending a batch again does no harm."""

    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=500)]


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
    check_kinds(caller_of(request), batch.outcomes)
    received = service.clock()
    try:
        told = await _checked(service, batch, received, caller_of(request).bound)
        written = await take(service, batch.outcomes, told, received)
    except StoreAwayError:
        raise UnavailableError("the store does not take outcomes now; send the same batch again") from None
    taken = tuple(
        Taken(id=outcome.outcome_id, status="new" if fresh else "known")
        for outcome, fresh in zip(batch.outcomes, written.outcomes, strict=True)
    )
    return Response(TakenBatch(results=taken).model_dump_json(), media_type=JSON)


async def _checked(
    service: Service, batch: OutcomeBatch, received: datetime, bound: Bound | None
) -> dict[str, Told]:
    """What the decisions of the outcomes tell; InvalidError names everything that does not fit.

    Raises ForbiddenError for what lies outside a token's contact.
    """
    policy = service.library.current.policy
    records = await records_of(service, [outcome.decision_id for outcome in batch.outcomes])
    told = {name: told_by(record) for name, record in records.items()}
    for index, outcome in enumerate(batch.outcomes):
        of = told.get(outcome.decision_id)
        if bound is not None and of is not None:
            check_contact(bound, of.customer_id, of.contact_id, f"outcomes[{index}]: ")
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
    return told


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
