"""What became of proposals, as agents, bots and order systems report it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.ahead import WAIT, wait_for_decisions
from api.ahead_outcomes import FullError
from api.bodies import parse, read_body
from api.bounds import check_contact, check_kinds
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import FieldError, UnavailableError
from api.examples.outcomes import OUTCOMES_EXAMPLE, TAKEN_OUTCOMES_EXAMPLE
from api.ids import made_at
from api.intake import outcomes_in
from api.moments import AHEAD, ahead
from api.security import caller_of
from api.service import service_of
from api.taken import Taken, TakenBatch
from api.telling import Told, records_of, spooled_records, told_of
from api.vocabulary import refuse, unknown_motive
from models.domain import Noun, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.security import Bound
    from api.service import Service


class OutcomeBatch(Noun):
    """Outcomes of any customers. One that is refused refuses the batch; sending a batch again does no harm."""

    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=500)]
    ahead: Annotated[
        bool,
        Field(
            description="outcomes may have come ahead of their decision: one that is not known here is waited for, a day, and not refused"
        ),
    ] = False


@operation(
    "POST",
    "/v1/outcomes",
    "What became of proposals",
    scope="outcomes:create",
    takes=OutcomeBatch,
    gives=TakenBatch,
    once=True,
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
        records, away = await _records(service, batch)
        told = _checked(service, batch, received, caller_of(request).bound, records, away=away)
        known = [outcome for outcome in batch.outcomes if away or outcome.decision_id in told]
        early = [] if away else [outcome for outcome in batch.outcomes if outcome.decision_id not in told]
        await wait_for_decisions(service, early)
        written = iter((await outcomes_in(service, known, told, received)).outcomes)
    except StoreAwayError:
        raise UnavailableError("the store does not take outcomes now; send the same batch again") from None
    except FullError as error:
        raise UnavailableError(f"{error} for their decisions; send the same batch again in a while") from None
    taken = tuple(
        Taken(
            id=outcome.outcome_id,
            status="waiting" if not away and outcome.decision_id not in told else next(written),
        )
        for outcome in batch.outcomes
    )
    return Response(TakenBatch(results=taken).model_dump_json(), media_type=JSON)


async def _records(service: Service, batch: OutcomeBatch) -> tuple[dict[str, bytes], bool]:
    """The records of the decisions, and whether the store was away: then those that wait here are all there is.

    Raises:
        StoreAwayError: the store is away, and there is nothing where an outcome could wait for it.
    """
    ids = [outcome.decision_id for outcome in batch.outcomes]
    try:
        if service.spool is not None:
            service.store.check_asked()
        return await records_of(service, ids), False
    except StoreAwayError:
        if service.spool is None:
            raise
        return await spooled_records(service, ids), True


def _checked(
    service: Service,
    batch: OutcomeBatch,
    received: datetime,
    bound: Bound | None,
    records: Mapping[str, bytes],
    *,
    away: bool,
) -> dict[str, Told]:
    """What the decisions of the outcomes tell, of those that are known; InvalidError names everything that does not fit.

    Raises:
        ForbiddenError: what lies outside a token's contact.
        StoreAwayError: nobody can say now whether it does.
    """
    policy = service.library.current.policy
    told = told_of(service, records)
    if away and bound is not None and any(one.decision_id not in told for one in batch.outcomes):
        raise StoreAwayError("whose decision it is cannot be seen now")
    for index, outcome in enumerate(batch.outcomes):
        of = told.get(outcome.decision_id)
        if bound is not None and of is not None:
            check_contact(bound, of.customer_id, of.contact_id, f"outcomes[{index}]: ")
    # A token tells of its own contact, which only its decision can show.
    longest = WAIT if batch.ahead and bound is None else None
    if away:
        longest = timedelta(days=policy.keeping.decision_days)
    errors = [
        error
        for index, outcome in enumerate(batch.outcomes)
        for error in (
            _misfit(index, outcome, told.get(outcome.decision_id), received, longest),
            ahead(f"outcomes[{index}].at", outcome.at, received),
            unknown_motive(f"outcomes[{index}].motive", outcome.motive, policy),
        )
        if error is not None
    ]
    refuse(errors)
    return told


def _misfit(
    index: int, outcome: Outcome, told: Told | None, received: datetime, longest: timedelta | None
) -> FieldError | None:
    """`longest`: how old a decision may be that is not known and may be there all the same; None where an unknown one is a mistake."""
    if told is None and longest is not None:
        return _never_to_come(index, outcome.decision_id, received, longest)
    if told is None:
        return FieldError(
            field=f"outcomes[{index}].decision_id",
            message=f"there is no decision '{outcome.decision_id}'",
            remedy="send the decision_id of an answer; decisions expire, and one marked degraded 'record' may not be kept. Where outcomes may overtake their decisions, send 'ahead': true",
        )
    if outcome.action_id not in told.kinds:
        return FieldError(
            field=f"outcomes[{index}].action_id",
            message=f"'{outcome.action_id}' was not proposed in that decision",
            remedy=f"use one of {', '.join(told.kinds) or 'none: nothing was proposed'}",
        )
    return None


def _never_to_come(index: int, decision_id: str, received: datetime, longest: timedelta) -> FieldError | None:
    """Why a decision that is not known is not worth waiting for; None where it may be under way, or in the store that is away."""
    made = made_at(decision_id)
    if made is None:
        message = f"'{decision_id}' is no id of a decision"
    elif not received - longest <= made <= received + AHEAD:
        message = f"'{decision_id}' was made at {made.isoformat()}, and is not known by now"
    else:
        return None
    return FieldError(
        field=f"outcomes[{index}].decision_id",
        message=message,
        remedy=f"send the decision_id of an answer; it is waited for {longest.days} days, counted from the moment in it",
    )
