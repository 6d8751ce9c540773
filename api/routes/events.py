"""What happened to customers, as other systems tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import parse, read_body
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import FieldError, UnavailableError
from api.examples.events import EVENTS_EXAMPLE, TAKEN_EVENTS_EXAMPLE
from api.intake import events_in
from api.moments import ahead
from api.service import service_of
from api.taken import Taken, TakenBatch
from api.vocabulary import refuse, unknown_product
from models.domain import Event, Noun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from models.catalogue import Catalogue


class EventBatch(Noun):
    """Events of any customers. One that is refused refuses the batch; sending a batch again does no harm."""

    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=500)]


@operation(
    "POST",
    "/v1/events",
    "What happened to customers",
    scope="events:create",
    takes=EventBatch,
    gives=TakenBatch,
    once=True,
    problems=(503,),
    example_in=EVENTS_EXAMPLE,
    example_out=TAKEN_EVENTS_EXAMPLE,
)
async def events(request: Request) -> Response:
    service = service_of(request)
    batch = parse(EventBatch, await read_body(request))
    received = service.clock()
    refuse(list(_misfits(batch, service.library.current.catalogue, received)))
    try:
        statuses = await events_in(service, batch.events, received)
    except StoreAwayError:
        raise UnavailableError("the store does not take events now; send the same batch again") from None
    taken = tuple(
        Taken(id=event.event_id, status=status) for event, status in zip(batch.events, statuses, strict=True)
    )
    return Response(TakenBatch(results=taken).model_dump_json(), media_type=JSON)


def _misfits(batch: EventBatch, catalogue: Catalogue, received: datetime) -> Iterator[FieldError]:
    for index, event in enumerate(batch.events):
        if event.product_id is not None and event.product_id not in catalogue.product:
            yield unknown_product(f"events[{index}].product_id", event.product_id, catalogue)
        early = ahead(f"events[{index}].at", event.at, received)
        if early is not None:
            yield early
