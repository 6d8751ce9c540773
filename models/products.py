"""What the company sells: products, and the discounts of holding several."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Euros, Id, Language, Noun, Probability, Text, Word


class Product(Noun):
    """Something a customer can hold. `price` and `margin` are euros a month."""

    id: Id
    name: dict[Language, Text]
    family: Word
    price: Euros
    margin: Euros
    requires: Annotated[
        tuple[Id, ...], Field(description="products or families; one held of each is enough")
    ] = ()
    excludes: Annotated[
        tuple[Id, ...], Field(description="products or families that may not be held beside it")
    ] = ()
    repeatable: bool = False
    binds: Annotated[
        bool,
        Field(
            description="holding it binds by a term or a fee, whoever sells it: a barrier, whose lock-in carries no weight"
        ),
    ] = False
    worth: Annotated[
        Euros | None,
        Field(description="what the customer gets from it, euros a month; the list price when absent"),
    ] = None
    take_rate: Annotated[
        Probability,
        Field(description="taken unasked within 90 days, by the average customer; used without dated data"),
    ] = 0.01


class BundleBenefit(Noun):
    """A discount for as long as one of every part is held. Parts are products or families."""

    id: Id
    name: dict[Language, Text]
    parts: Annotated[tuple[Id, ...], Field(min_length=2)]
    discount: Annotated[float, Field(gt=0, description="euros a month")]
