"""What a decision is made from, with something changed: facts, consents, contact or holdings, what happens, or the day it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from models.context import OBJECTIONS, typed
from models.domain import Agent, Contact, Customer, DecisionRequest, Event, History, Holding
from models.history import fold
from models.policy import Policy

DAYS_A_MONTH: Final = 365.25 / 12
ENDED_BY: Final[Mapping[str, str]] = {
    "open_complaints": "complaint_closed",
    "open_promises": "promise_kept",
    "overdue_promises": "promise_kept",
    "outage_open_hours": "outage_ended",
    "unpaid": "payment",
}
"""The event that brings a count of the history down."""
AT_ONCE: Final = frozenset({"outage_open_hours", "unpaid"})
"""What one event brings down to nothing."""
RAISED_BY: Final[Mapping[str, str]] = {
    "contacts_30d": "contact",
    "contacts_7d": "contact",
    "same_subject_30d": "contact",
    "hours_since_inbound": "contact",
    "open_complaints": "complaint_opened",
    "open_promises": "promise",
    "overdue_promises": "promise",
    "outage_open_hours": "outage",
    "outage_hours_30d": "outage",
    "missed_payments_12m": "missed_payment",
    "unpaid": "missed_payment",
    "last_score": "feedback",
    "interests_14d": "interest",
    "subjects_14d": "information",
}
"""The event that brings it up, or adds to a list."""


class Question(NamedTuple):
    """What is asked, of whom, and when."""

    request: DecisionRequest
    customer: Customer
    history: History
    now: datetime


def applied(changes: Mapping[str, Any], question: Question, policy: Policy) -> Question:
    """The question with each of these paths brought to its value: `models.domain.Change.path` to `to`.

    What a caller may state is stated in the request; a withdrawn objection is taken out of what is stored; the history is only
    added to. When time passes, facts with a clock move with it, before what is stated.
    """
    if "now" in changes:
        question = _later(question, datetime.fromisoformat(changes["now"]), policy)
    request, customer, history, now = question
    facts, consents, stored = dict(request.facts), dict(request.consents), dict(customer.consents)
    contact: dict[str, Any] = {}
    given: dict[str, Any] = {}
    happened: dict[str, Any] = {}
    for path, to in changes.items():
        root, _, name = path.partition(".")
        if path == "customer.holdings":
            given["holdings"] = _held(to, request, customer)
        elif path.startswith("customer.consents."):
            name = path.removeprefix("customer.consents.")
            if to is None:
                consents.pop(name, None)
            else:
                consents[name] = to
            if to is None or name in OBJECTIONS:
                stored.pop(name, None)
        elif root == "customer":
            facts[name] = to
        elif root == "contact":
            contact[name] = to
        elif root == "history":
            happened[name] = to
    if contact:
        given["contact"] = _said(request.contact, contact)
    request = request.model_copy(update={**given, "facts": facts, "consents": consents})
    if stored != customer.consents:
        customer = customer.model_copy(update={"consents": stored})
    return Question(request, customer, _told(happened, request, history, now), now)


def _later(question: Question, now: datetime, policy: Policy) -> Question:
    """The same question after so many days."""
    request, customer, history, before = question
    months = int((now - before) / timedelta(days=DAYS_A_MONTH) + 1e-6)
    facts = typed({**customer.facts, **request.facts}, policy.facts)
    moved = {}
    for name, clock in policy.clocks.items():
        if months and name in facts:
            spec = policy.facts[name]
            value = facts[name] + clock * months
            if spec.minimum is not None:
                value = max(value, spec.minimum)
            if spec.maximum is not None:
                value = min(value, spec.maximum)
            moved[name] = int(value) if spec.type == "integer" else value
    later = request.model_copy(update={"facts": {**request.facts, **moved}})
    return Question(later, customer, history, now)


def _held(products: tuple[str, ...], request: DecisionRequest, customer: Customer) -> tuple[Holding, ...]:
    """These products, each that was held already with the day since when."""
    left = list(customer.holdings if request.holdings is None else request.holdings)
    held = []
    for product_id in products:
        known = next((holding for holding in left if holding.product_id == product_id), None)
        if known is not None:
            left.remove(known)
        held.append(known or Holding(product_id=product_id))
    return tuple(held)


def _said(contact: Contact, changes: Mapping[str, Any]) -> Contact:
    given = dict(changes)
    if "agent_authority" in given:
        agent = contact.agent or Agent(agent_id="agent")
        given["agent"] = agent.model_copy(update={"authority": given.pop("agent_authority")})
    if "bot" in given:
        given["speaker"] = "bot" if given.pop("bot") else "agent"
    return contact.model_copy(update=given)


def _told(wanted: Mapping[str, Any], request: DecisionRequest, history: History, now: datetime) -> History:
    """The history with events, told now, that bring each count to its value, each list to its members."""
    for name, to in wanted.items():
        counts = fold(history, request.contact, now)
        events = tuple(_event(given, request, now) for given in _events(name, counts.get(name), to, counts))
        numbered = tuple(
            event.model_copy(update={"event_id": f"{event.event_id}-{len(history.events) + place}"})
            for place, event in enumerate(events)
        )
        history = history.model_copy(update={"events": (*history.events, *numbered)})
    return history


def _events(name: str, current: Any, to: Any, counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What must happen, as fields of events; `hours_ago` is turned into the moment."""
    if isinstance(to, tuple):
        field = "product_id" if name == "interests_14d" else "subject"
        return [{"kind": RAISED_BY[name], field: word} for word in to if word not in current]
    if name == "last_score":
        return [{"kind": "feedback", "score": to}]
    if name == "hours_since_inbound":
        return [{"kind": "contact", "direction": "inbound", "hours_ago": to, "same_contact": True}]
    if to < current:
        open_ones = counts["open_promises"] if name == "overdue_promises" else current - to
        return [{"kind": ENDED_BY[name]}] * (1 if name in AT_ONCE else open_ones)
    if name == "outage_hours_30d":
        return [{"kind": "outage", "hours": to - current}]
    if name == "outage_open_hours":
        return [{"kind": "outage", "hours_ago": to}] if to > current else []
    about = {"about_this": True} if name == "same_subject_30d" else {}
    due = {"due_hours": -1.0 if name == "overdue_promises" else 24.0} if "promises" in name else {}
    return [{"kind": RAISED_BY[name], **about, **due}] * (to - current)


def _event(given: dict[str, Any], request: DecisionRequest, now: datetime) -> Event:
    """One event of this customer. A contact is one of its own, unless it belongs to the contact at hand."""
    fields, contact = dict(given), request.contact
    at = now - timedelta(hours=fields.pop("hours_ago", 0.0))
    if "due_hours" in fields:
        fields["due"] = now + timedelta(hours=fields.pop("due_hours"))
    if fields["kind"] == "contact":
        fields["channel"] = contact.channel
        if fields.pop("same_contact", False):
            fields["contact_id"] = contact.contact_id
    if fields.pop("about_this", False):
        fields["subject"] = contact.subject
    return Event(event_id="would", customer_id=request.customer_id, at=at, **fields)
