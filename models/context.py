"""The situation: what rules, prices and texts may know about a customer in contact, made once a decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

from models.catalogue import Catalogue
from models.domain import (
    ActionKind,
    Channel,
    Consents,
    Contact,
    Customer,
    DecisionRequest,
    Direction,
    FactValue,
    History,
    Motive,
    Purpose,
)
from models.history import HISTORY_TYPES, fold
from models.motive import known_motive
from models.policy import Policy
from models.portfolio import Portfolio, Portfolios
from models.sections.facts import FactSpec, FactType
from models.trends import derived, trend_names
from models.wish import confirmed_leaving, voiced_leaving

CONTACT_TYPES: Mapping[str, str] = {
    "channel": "string",
    "direction": "string",
    "intent": "string",
    "motive": "string",
    "subject": "string",
    "queue_load": "number",
    "agent_authority": "number",
    "bot": "boolean",
    "leaving": "boolean",
    "confirmed": "boolean",
    "local_hour": "integer",
    "local_weekday": "integer",
    "local_date": "string",
}
ACTION_TYPES: Mapping[str, str] = {
    "id": "string",
    "kind": "string",
    "family": "string",
    "purpose": "string",
    "sells": "list[string]",
    "replaces": "list[string]",
    "motives": "list[string]",
    "discount": "number",
    "cost": "number",
    "minutes": "number",
    "discount_months": "integer",
    "commitment_months": "integer",
    "resets_term": "boolean",
    "emergency": "boolean",
    "cancels": "boolean",
}

OBJECTIONS = ("profiling", "marketing")
"""A stored no to these stands whatever a request says: the right to object to them is unconditional (GDPR, article 21)."""


class Situation(NamedTuple):
    """One customer in one contact at one moment.

    `values` is the context of the rules; `said` the motive as it was said, `motive` its word; `rounds_spoken` counts the saves of this
    conversation, accepted ones too; `unknown`: held, and not in the catalogue.
    """

    now: datetime
    today: date
    contact: Contact
    said: Motive
    motive: str | None
    leaving: bool
    refused_saves: tuple[str, ...]
    rounds_spoken: int
    objects: bool
    portfolio: Portfolio
    since: Mapping[str, date]
    unknown: tuple[str, ...]
    facts: Mapping[str, Any]
    values: Mapping[str, Any]


def situation_of(
    request: DecisionRequest,
    customer: Customer,
    history: History,
    now: datetime,
    *,
    policy: Policy,
    portfolios: Portfolios,
    unread: bool = False,
) -> Situation:
    """What is known at `now`: the request's facts and consents over the stored ones (an objection stays), its holdings instead of them.

    `unread` says that the stored customer could not be had: unless the request speaks of both, nobody knows what he objects to.
    """
    contact = request.contact
    holdings = customer.holdings if request.holdings is None else request.holdings
    held: dict[str, int] = {}
    for holding in holdings:
        held[holding.product_id] = held.get(holding.product_id, 0) + 1
    portfolio = portfolios.of(held)
    facts = typed({**customer.facts, **request.facts}, policy.facts)
    if policy.trends:
        facts.update(derived(facts, policy.trends))
    consents = merged(customer.consents, request.consents)
    folded = fold(history, contact, now)
    leaving = voiced_leaving(history, contact, policy.leaving, now)
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
            if unread and not consents.keys() >= set(OBJECTIONS)
            else [name for name, given in consents.items() if given is False],
            "bundle_benefit": portfolio.benefit,
            "monthly_price": portfolio.price,
        },
        "contact": _contact_values(contact, said.value, leaving, confirmed, local),
        "history": folded,
    }
    return Situation(
        now=now,
        today=local.date(),
        contact=contact,
        said=said,
        motive=said.value,
        leaving=leaving,
        refused_saves=tuple(folded["saves_refused"]),
        rounds_spoken=folded["saves_spoken_7d"],
        objects=any(consents.get(name) is False for name in OBJECTIONS),
        portfolio=portfolio,
        since={holding.product_id: holding.since for holding in holdings if holding.since is not None},
        unknown=tuple(sorted(held.keys() - portfolio.held.keys())),
        facts=facts,
        values=values,
    )


def merged(stored: Consents, asked: Consents) -> Consents:
    """The request's consents over the stored ones. A request may add an objection and never takes one away."""
    return {**stored, **asked, **{name: False for name in OBJECTIONS if stored.get(name) is False}}


def typed(facts: Mapping[str, FactValue], specs: Mapping[str, FactSpec]) -> dict[str, Any]:
    """Facts as the policy declares them: numbers as floats, dates as dates.

    What is not declared, or does not fit its declaration, is no fact: it was stored under another policy, and is left out as missing.
    """
    result: dict[str, Any] = {}
    for name, value in facts.items():
        spec = specs.get(name)
        if spec is not None:
            if type(value) is _WRITTEN_ONE_WAY[spec.type]:
                result[name] = value or _NOTHING.get(spec.type, value)
            else:
                fitting = _as_declared(value, spec.type)
                if fitting is not None:
                    result[name] = fitting
    return result


_WRITTEN_ONE_WAY: Mapping[FactType, type] = {
    "boolean": bool,
    "integer": int,
    "number": float,
    "string": str,
    "date": date,
}
"""What a value of the type already is, most times."""
_NOTHING: Mapping[FactType, float] = {"number": 0.0}
"""A number has a minus zero of its own."""


def _as_declared(value: FactValue, kind: FactType) -> FactValue | None:
    """The value as this type, written one way only: 3 and 3.0 are the same integer, and -0.0 is 0.0."""
    if isinstance(value, bool) or kind == "boolean":
        return value if isinstance(value, bool) and kind == "boolean" else None
    if isinstance(value, int | float):
        if kind == "integer":
            return int(value) if value == int(value) else None
        return value + 0.0 if kind == "number" else None
    if isinstance(value, str):
        return value if kind == "string" else _day(value) if kind == "date" else None
    return value if kind == "date" else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def action_values(catalogue: Catalogue) -> tuple[dict[str, Any], ...]:
    """The constants below `action`, one mapping an action, in the catalogue's order."""
    return tuple(
        {
            "id": action.id,
            "kind": action.kind,
            "family": action.family,
            "purpose": action.purpose,
            "sells": list(action.sells),
            "replaces": list(action.replaces),
            "motives": list(action.motives),
            "discount": action.discount.amount if action.discount else 0.0,
            "cost": float(action.cost),
            "minutes": float(action.minutes),
            "discount_months": action.discount.months if action.discount else 0,
            "commitment_months": action.commitment.months,
            "resets_term": action.commitment.resets_term,
            "emergency": action.emergency,
            "cancels": action.cancels,
        }
        for action in catalogue.actions
    )


def paths(policy: Policy) -> dict[str, str]:
    """Every path a rule may name, with its type."""
    return {
        "now": "timestamp",
        **{f"customer.{name}": spec.type for name, spec in policy.facts.items()},
        **{f"customer.{name}": "number" for name in trend_names(policy.trends)},
        "customer.holdings": "list[string]",
        "customer.families": "list[string]",
        "customer.objections": "list[string]",
        "customer.bundle_benefit": "number",
        "customer.monthly_price": "number",
        **{f"customer.consents.{name}": "boolean" for name in policy.consents},
        **{f"contact.{name}": kind for name, kind in CONTACT_TYPES.items()},
        **{f"history.{name}": kind for name, kind in HISTORY_TYPES.items()},
        **{f"action.{name}": kind for name, kind in ACTION_TYPES.items()},
    }


def closed_values(policy: Policy, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The words a path can only have: a constant beside it that is none of them is a slip of the pen."""
    closed: dict[str, tuple[str, ...]] = {
        f"customer.{name}": spec.values for name, spec in policy.facts.items() if spec.values
    }
    closed["customer.holdings"] = tuple(catalogue.product)
    closed["customer.families"] = tuple(sorted(catalogue.families))
    closed["customer.objections"] = tuple(policy.consents)
    closed["contact.channel"] = get_args(Channel)
    closed["contact.direction"] = get_args(Direction)
    closed["action.kind"] = get_args(ActionKind)
    closed["action.purpose"] = get_args(Purpose)
    if policy.leaving.motives:
        closed["contact.motive"] = policy.leaving.motives
    # A catalogue without products closes nothing.
    return {path: words for path, words in closed.items() if words}


def local_time(now: datetime, timezone: str) -> datetime:
    """The day and the hour where the company is."""
    return now.astimezone(ZoneInfo(timezone))


def local_values(local: datetime) -> dict[str, Any]:
    """Hour, weekday (1 Monday to 7 Sunday) and date (2026-12-25) of a moment there, as rules know them."""
    return {
        "local_hour": local.hour,
        "local_weekday": local.isoweekday(),
        "local_date": local.date().isoformat(),
    }


def _contact_values(
    contact: Contact, motive: str | None, leaving: bool, confirmed: bool, local: datetime
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
        "confirmed": confirmed,
        **local_values(local),
    }
