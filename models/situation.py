"""The situation: what rules, prices and texts may know about a customer in contact, made once a decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from models.consents import OBJECTIONS, merged
from models.domain import Contact, Customer, DecisionRequest, History
from models.history import fold
from models.local_time import local_time, local_values
from models.motive import known_motive
from models.outcomes import waiting_saves
from models.policy import Policy
from models.portfolio import Portfolio, Portfolios
from models.response import Motive
from models.trends import derived
from models.typed_facts import typed
from models.wish import confirmed_leaving, earlier_wishes, voiced_here, voiced_leaving

CUSTOMER_UNREAD: Final = frozenset({"store", "customer"})
HISTORY_UNREAD: Final = frozenset({"store", "history"})
"""What of `degraded` says that what is stored of the customer, or what happened to him, could not be had."""


class Situation(NamedTuple):
    """One customer in one contact at one moment.

    `values` is the context of the rules; `said` the motive as it was said, `motive` its word; `rounds_spoken` counts the saves of this
    conversation, accepted ones too, and `waiting_saves` were shown in this contact and not answered, the last one first; `unread`: what happened could not be had; `unknown`: held, and not in the catalogue.
    `wishes`: contacts of the year before in which he wished to leave, this conversation apart; null where that could not be had.
    """

    now: datetime
    today: date
    contact: Contact
    said: Motive
    motive: str | None
    leaving: bool
    refused_saves: tuple[str, ...]
    waiting_saves: tuple[str, ...]
    rounds_spoken: int
    unread: bool
    objects: bool
    portfolio: Portfolio
    since: Mapping[str, date]
    unknown: tuple[str, ...]
    facts: Mapping[str, Any]
    values: Mapping[str, Any]
    wishes: int | None = None


def situation_of(
    request: DecisionRequest,
    customer: Customer,
    history: History,
    now: datetime,
    *,
    policy: Policy,
    portfolios: Portfolios,
    lost: Collection[str] = (),
) -> Situation:
    """What is known at `now`: the request's facts and consents over the stored ones (an objection stays), its holdings instead of them.

    `lost` names what could not be had. Without the stored customer nobody knows what he objects to, unless the request speaks of both;
    without the history nobody knows what happened: all below `history` is missing then, and not none.
    """
    contact = request.contact
    holdings = customer.holdings if request.holdings is None else request.holdings
    held: dict[str, int] = {}
    for holding in holdings:
        held[holding.product_id] = held.get(holding.product_id, 0) + 1
    portfolio = portfolios.of(held)
    facts = typed({**customer.facts, **request.facts}, policy.fact_types)
    if policy.trends:
        facts.update(derived(facts, policy.trends))
    consents = merged(customer.consents, request.consents)
    folded, unread = fold(history, contact, now), not HISTORY_UNREAD.isdisjoint(lost)
    leaving = voiced_leaving(history, contact, policy.leaving, now)
    here = leaving and voiced_here(history, contact, policy.leaving, now)
    confirmed = leaving and confirmed_leaving(history, contact, policy.leaving, now)
    said = known_motive(history, contact, policy.leaving, now)
    local = local_time(now, policy.timezone)
    values = {
        "now": now,
        "customer": {
            **facts,
            "holdings": list(portfolio.held),
            "families": list(portfolio.families),
            "consents": consents,
            "objections": None
            if not CUSTOMER_UNREAD.isdisjoint(lost) and not consents.keys() >= set(OBJECTIONS)
            else [name for name, given in consents.items() if given is False],
            "bundle_benefit": portfolio.benefit,
            "monthly_price": portfolio.price,
        },
        "contact": _contact_values(contact, said.value, leaving, here, confirmed, local),
        "history": {} if unread else folded,
    }
    return Situation(
        now=now,
        today=local.date(),
        contact=contact,
        said=said,
        motive=said.value,
        leaving=leaving,
        refused_saves=tuple(folded["saves_refused"]),
        waiting_saves=waiting_saves(history.outcomes, contact.contact_id, now)
        if folded["saves_spoken_7d"] > folded["saves_refused_7d"]
        else (),
        rounds_spoken=folded["saves_spoken_7d"],
        unread=unread,
        objects=False in [consents.get(name) for name in OBJECTIONS],
        portfolio=portfolio,
        since={holding.product_id: holding.since for holding in holdings if holding.since is not None},
        unknown=tuple(sorted(held.keys() - portfolio.held.keys())) if len(held) > len(portfolio.held) else (),
        facts=facts,
        values=values,
        wishes=earlier_wishes(history, policy.leaving, now) if leaving and not unread else None,
    )


def _contact_values(
    contact: Contact, motive: str | None, leaving: bool, here: bool, confirmed: bool, local: datetime
) -> dict[str, Any]:
    """The contact, with the motive of the whole conversation."""
    return {
        "channel": contact.channel,
        "direction": contact.direction,
        "intent": contact.intent,
        "motive": motive,
        "subject": contact.subject,
        "queue_load": None if contact.queue_load is None else float(contact.queue_load),
        "agent_authority": None
        if contact.agent is None or contact.agent.authority is None
        else float(contact.agent.authority),
        "bot": contact.speaker == "bot",
        "leaving": leaving,
        "leaving_here": here,
        "confirmed": confirmed,
        **local_values(local),
    }
