"""The demo desk: its page, and what it must know of the simulated company's customers. Only where BEHOUD_DESK says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.card import Card, HeldProduct, card_of
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.errors import FieldError, InvalidError, UnavailableError, UnknownError
from api.examples.desk import DESK_CALL_EXAMPLE, DESK_CARD_EXAMPLE, DESK_CUSTOMERS_EXAMPLE
from api.next_call import ABOUT, Call, Person, next_call, person, sampled
from api.pages import served
from api.service import service_of
from models.domain import Customer, History, Id, Noun

if TYPE_CHECKING:
    from datetime import datetime

    from api.scripts import Loaded
    from api.service import Service

SCANNED = 20_000
"""Customers the desk knows of at most: a demo looks at some, never at everybody of a company."""
SAMPLE = 300
"""Of whom so many may call."""
PAGE, LONGEST = 20, 100
"""Customers on a page of the list, and at most."""


class Listed(Noun):
    customer_id: Id
    holdings: tuple[HeldProduct, ...]


class Customers(Noun):
    """Some customers by id; `next` is what to send as `after` for those that follow, null at the end."""

    customers: tuple[Listed, ...]
    next: Id | None


@operation(
    "GET",
    "/desk",
    "The demo desk, as a page",
    scope=None,
    gives_media="text/html",
    problems=(404,),
    example_out="<!doctype html>…",
)
async def desk(request: Request) -> Response:
    return _file(request, "desk.html")


@operation(
    "GET",
    "/desk/{file}",
    "What the demo desk's page loads: scripts, style, words by language",
    scope=None,
    gives_media="text/javascript",
    problems=(404,),
    example_out="export const …",
)
async def desk_part(request: Request) -> Response:
    return _file(request, request.path_params["file"])


@operation(
    "GET",
    "/v1/desk/customers",
    "Some customers to choose from",
    scope="desk:use",
    gives=Customers,
    problems=(404, 422, 503),
    example_out=DESK_CUSTOMERS_EXAMPLE,
    parameters={
        "limit": f"at most so many, 1 to {LONGEST}; {PAGE} when absent",
        "after": "only those whose id comes after this one",
        "language": "of the names; the policy's first when absent",
    },
)
async def desk_customers(request: Request) -> Response:
    service = _open(request)
    limit = _whole(request, "limit", PAGE, 1, LONGEST)
    after = request.query_params.get("after", "")
    try:
        names = sorted(name for name in await service.store.some_customers(SCANNED) if name > after)
        found = await service.store.known(names[:limit])
    except StoreAwayError:
        raise UnavailableError("the store does not answer; ask again") from None
    language = _language(request, service)
    names_of = {product.id: product.name[language] for product in service.library.current.catalogue.products}
    listed = tuple(
        Listed(
            customer_id=customer.customer_id,
            holdings=tuple(
                HeldProduct(product_id=h.product_id, name=names_of.get(h.product_id, h.product_id))
                for h in customer.holdings
            ),
        )
        for customer in map(_customer, found)
        if customer is not None
    )
    follows = names[limit - 1] if len(names) > limit else None
    return Response(Customers(customers=listed, next=follows).model_dump_json(), media_type=JSON)


@operation(
    "GET",
    "/v1/desk/customers/{customer_id}",
    "The card of one customer, in names",
    scope="desk:use",
    gives=Card,
    problems=(404, 503),
    example_out=DESK_CARD_EXAMPLE,
    parameters={"language": "of the names; the policy's first when absent"},
)
async def desk_card(request: Request) -> Response:
    service = _open(request)
    customer_id = request.path_params["customer_id"]
    try:
        found = (await service.store.known([customer_id]))[0]
    except StoreAwayError:
        raise UnavailableError("the store does not answer; ask again") from None
    customer = _customer(found)
    if customer is None:
        raise UnknownError(f"no customer '{customer_id:.200}'; choose one of /v1/desk/customers")
    knowledge, now = service.library.current, service.clock()
    card = card_of(customer, _history(found), knowledge, _language(request, service), now)
    return Response(card.model_dump_json(), media_type=JSON)


@operation(
    "GET",
    "/v1/desk/next-call",
    "Who calls next, and what about",
    scope="desk:use",
    gives=Call,
    problems=(404, 422, 503),
    example_out=DESK_CALL_EXAMPLE,
    parameters={
        "number": "of the call, from 0: the same number is the same call as long as nothing happens; 0 when absent",
        "about": f"one of {', '.join(ABOUT)}; a mixture when absent",
    },
)
async def desk_next_call(request: Request) -> Response:
    service = _open(request)
    number = _whole(request, "number", 0, 0, 1_000_000)
    about = request.query_params.get("about")
    wanted = next((known for known in ABOUT if known == about), None)
    if about is not None and wanted is None:
        raise _unfit("about", f"'{about:.100}' is nothing to call about", f"use one of {', '.join(ABOUT)}")
    knowledge, now = service.library.current, service.clock()
    call = next_call(await _people(service, now), knowledge, now, number, wanted)
    if call is None:
        raise UnknownError("nobody can call: store customers who hold something, such as with PUT")
    return Response(call.model_dump_json(), media_type=JSON)


async def _people(service: Service, now: datetime) -> list[Person]:
    try:
        names = sampled(await service.store.some_customers(SCANNED), SAMPLE)
        found = await service.store.known(names)
    except StoreAwayError:
        raise UnavailableError("the store does not answer; ask again") from None
    known = [(_customer(one), _history(one)) for one in found]
    return [
        person(customer, history or History(), now) for customer, history in known if customer is not None
    ]


def _open(request: Request) -> Service:
    """The service, where it has a desk."""
    service = service_of(request)
    if not service.settings.desk:
        raise UnknownError("there is no demo desk here; set BEHOUD_DESK=1 for one")
    return service


def _file(request: Request, name: str) -> Response:
    _open(request)
    return served(request, f"desk/{name}")


def _whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and least <= int(text) <= most):
        raise _unfit(name, f"'{text:.100}' is no whole number from {least} to {most}", "send one")
    return int(text)


def _unfit(name: str, message: str, remedy: str) -> InvalidError:
    return InvalidError(
        f"{name}: {message}; {remedy}", [FieldError(field=name, message=message, remedy=remedy)]
    )


def _language(request: Request, service: Service) -> str:
    return service.library.current.wording.language(request.query_params.get("language"))


def _customer(found: Loaded) -> Customer | None:
    """None also for what this version cannot read: a demo goes on without him."""
    try:
        return None if found.customer is None else Customer.model_validate_json(found.customer)
    except ValidationError:
        return None


def _history(found: Loaded) -> History | None:
    """None for what this version cannot read."""
    try:
        return History.model_validate_json(found.history)
    except ValidationError:
        return None
