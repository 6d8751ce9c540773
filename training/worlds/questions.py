"""The contacts of a month as a desktop would ask about them: request, customer, history and moment, one question a contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.domain import Agent, Contact, Customer, DecisionRequest, Holding
from training.simulator.laboratory.contacting import INTENTS
from training.simulator.laboratory.deeds import SERVICE
from training.simulator.laboratory.goods import IDS
from training.simulator.laboratory.people import REGIONS
from training.simulator.laboratory.spells import first_day
from training.worlds.example import REPAIRABLE
from training.worlds.remembered import channel_of, moment, name_of, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from models.domain import FactValue, History
    from training.simulator.laboratory.desk import Desk
    from training.worlds.remembered import Remembered


class Question(NamedTuple):
    """What `decide` is asked."""

    request: DecisionRequest
    customer: Customer
    history: History
    now: datetime


def questions(desk: Desk, remembered: Remembered) -> Iterator[Question]:
    """One a contact, in their order."""
    contacts = desk.contacts
    columns = (contacts.row, contacts.intent, contacts.motive, contacts.channel, contacts.agent, contacts.day)
    known, repairable = _facts(desk), (desk.eligible & SERVICE).any(axis=1)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for place, (row, intent, motive, channel, agent, day) in enumerate(rows):
        contact = Contact.model_validate(
            {
                "contact_id": f"K-{name_of(row)}-{desk.month}",
                "channel": channel_of(channel),
                "intent": INTENTS[intent],
                "agent": Agent(agent_id=f"A-{agent}"),
                **told(motive),
            }
        )
        holdings = tuple(
            Holding(product_id=IDS[product], since=first_day(int(desk.since[place, product])))
            for product in np.flatnonzero(desk.held[place]).tolist()
        )
        yield Question(
            request=DecisionRequest(
                customer_id=name_of(row), contact=contact, facts={REPAIRABLE: bool(repairable[place])}
            ),
            customer=Customer(customer_id=name_of(row), holdings=holdings, facts=known[place]),
            history=remembered.of(row),
            now=moment(desk.month, day),
        )


def _facts(desk: Desk) -> list[dict[str, FactValue]]:
    """Of each contact, as the customers table has them: what is not known is left out."""
    names = list(desk.facts)
    table = zip(*(desk.facts[name].tolist() for name in names), strict=True)
    return [
        {name: _typed(name, value) for name, value in zip(names, row, strict=True) if value == value}  # noqa: PLR0124  NaN is not itself
        for row in table
    ]


def _typed(name: str, value: float) -> FactValue:
    if name == "region":
        return REGIONS[int(value)]
    return value > 0 if name == "complaint_open" else value
