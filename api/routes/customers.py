"""Customers as they are now: one, or many as lines."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Final, Literal

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.bodies import check_media, parse, read_body
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import FieldError, InvalidError, ProblemError, UnavailableError, UnknownError
from api.examples.customers import BULK_EXAMPLE, BULK_RESULTS_EXAMPLE, CUSTOMER_EXAMPLE
from api.intake import Status, customers_in
from api.lines import NDJSON, lines_of
from api.service import service_of
from api.vocabulary import check_customer
from models.domain import Customer, Noun

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from api.service import Service

AT_ONCE = 200
"""Customers written in one round trip."""
IN_MEMORY = 1_000_000
"""Bytes of results kept in memory; more go to a temporary file."""


LineStatus = Literal["stored", "unchanged", "spooled", "refused"]
SAID: Final[Mapping[Status, LineStatus]] = MappingProxyType(
    {"new": "stored", "known": "unchanged", "spooled": "spooled"}
)


class LineResult(Noun):
    """What became of one line, from 1; `spooled` is on this service's disk and goes to the store when that takes it. `problem` says why it was refused; the other lines are stored all the same."""

    line: int
    status: LineStatus
    customer_id: str | None = None
    problem: str | None = None


@operation(
    "PUT",
    "/v1/customers/{customer_id}",
    "Store a customer as he is now",
    scope="customers:write",
    takes=Customer,
    gives=Customer,
    once=True,
    problems=(503,),
    example_in=CUSTOMER_EXAMPLE,
    example_out=CUSTOMER_EXAMPLE,
)
async def put_customer(request: Request) -> Response:
    service = service_of(request)
    customer = _checked(service, await read_body(request))
    asked = request.path_params["customer_id"]
    if customer.customer_id != asked:
        error = FieldError(
            field="customer_id",
            message=f"the body is of '{customer.customer_id}', the address of '{asked:.200}'",
            remedy="use the same id in both",
        )
        raise InvalidError(f"{error.field}: {error.message}", [error])
    try:
        await customers_in(service, [customer])
    except StoreAwayError:
        raise UnavailableError("the store does not take customers now; send it again") from None
    return Response(customer.model_dump_json(), media_type=JSON)


@operation(
    "GET",
    "/v1/customers/{customer_id}",
    "A customer as stored",
    scope="customers:read",
    gives=Customer,
    problems=(404, 503),
    example_out=CUSTOMER_EXAMPLE,
)
async def customer(request: Request) -> Response:
    customer_id = request.path_params["customer_id"]
    try:
        found = await service_of(request).store.customer(customer_id)
    except StoreAwayError:
        raise UnavailableError("the store does not answer; ask again") from None
    if found is None:
        raise UnknownError(f"no customer '{customer_id:.200}'; store him with PUT")
    return Response(found, media_type=JSON)


@operation(
    "POST",
    "/v1/customers/bulk",
    "Store many customers, one JSON object a line; one result a line",
    scope="customers:write",
    takes=Customer,
    gives=LineResult,
    takes_media=NDJSON,
    gives_media=NDJSON,
    problems=(503,),
    example_in=BULK_EXAMPLE,
    example_out=BULK_RESULTS_EXAMPLE,
)
async def bulk(request: Request) -> Response:
    """Results are answered after the last line was read: a caller who writes everything before he reads is not kept waiting."""
    check_media(request, NDJSON)
    service = service_of(request)
    with ExitStack() as stack:
        results = stack.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
        waiting: list[tuple[int, bytes]] = []
        async for numbered in lines_of(request):
            waiting.append(numbered)
            if len(waiting) == AT_ONCE:
                await _store(service, waiting, results)
                waiting = []
        await _store(service, waiting, results)
        results.seek(0)
        stack.pop_all()
    return FileResponse(results)


class FileResponse(StreamingResponse):
    """The lines of a temporary file, which is closed also when nobody reads them."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(_chunks(file), media_type=NDJSON)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


async def _store(service: Service, lines: list[tuple[int, bytes]], results: IO[bytes]) -> None:
    """Store what is right of these lines and write down what became of each."""
    made: dict[int, LineResult] = {}
    right: list[tuple[int, Customer]] = []
    for number, line in lines:
        try:
            right.append((number, _checked(service, line)))
        except ProblemError as error:
            made[number] = LineResult(line=number, status="refused", problem=error.detail)
    try:
        statuses = await customers_in(service, [found for _, found in right])
    except StoreAwayError:
        first = lines[0][0]
        raise UnavailableError(
            f"the store does not take customers now; lines before {first} are stored, send the others again"
        ) from None
    for (number, found), status in zip(right, statuses, strict=True):
        made[number] = LineResult(line=number, status=SAID[status], customer_id=found.customer_id)
    for number, _ in lines:
        results.write(made[number].model_dump_json(exclude_none=True).encode() + b"\n")


def _checked(service: Service, body: bytes) -> Customer:
    knowledge = service.library.current
    found = parse(Customer, body)
    check_customer(found, knowledge.catalogue, knowledge.policy)
    return found


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(65_536):
        yield chunk
