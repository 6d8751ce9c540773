"""What a decision is made from, with something changed: facts, consents, contact or holdings, what happens, or the day it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from models.consents import OBJECTIONS
from models.domain import Agent, Consents, Contact, Customer, DecisionRequest, Event, History, Holding
from models.history import fold
from models.policy import Policy
from models.typed_facts import typed

DAYS_A_MONTH: Final = 365.25 / 12
ENDED_BY: Final[Mapping[str, str]] = {
    "open_complaints": "complaint_closed",
    "open_promises": "promise_kept",
    "overdue_promises": "promise_kept",
    "outage_open_hours": "outage_ended",
    "unpaid": "payment",
}
"""The event that brings a count of the history down."""
ENDS: Final = frozenset(ENDED_BY.values())
AT_ONCE: Final = frozenset({"outage_open_hours", "unpaid"})
"""What one event brings down to nothing."""
RAISED_BY: Final[Mapping[str, str]] = {
    "contacts_30d": "contact",
    "contacts_7d": "contact",
    "same_subject_30d": "contact",
    "hours_since_inbound": "contact",
    "open_promises": "promise",
    "last_score": "feedback",
    "interests_14d": "interest",
    "subjects_14d": "information",
}
"""The event that brings it up, or adds to a list. Complaints, outages and missed payments are none: nobody is to bring those about."""


class Question(NamedTuple):
    """What is asked, of whom, and when."""

    request: DecisionRequest
    customer: Customer
    history: History
    now: datetime


def applied(changes: Mapping[str, Any], question: Question, policy: Policy) -> Question:
    """The question with each of these paths brought to its value: `models.response.Change.path` to `to`.

    What a caller may state is stated in the request; a withdrawn objection is taken out of what is stored; the history is only
    added to. When time passes, facts with a clock move with it, before what is stated.
    """
    first = question.now
    if "now" in changes:
        question = _later(question, datetime.fromisoformat(changes["now"]), policy)
    request, customer, history, now = question
    below = _by_root(changes)
    agreed = below["consents"]
    given: dict[str, Any] = {
        "facts": {**request.facts, **below["customer"]},
        "consents": _agreed(request.consents, agreed),
    }
    if "customer.holdings" in changes:
        given["holdings"] = _held(changes["customer.holdings"], request, customer)
    if below["contact"]:
        given["contact"] = _said(request.contact, below["contact"])
    request = request.model_copy(update=given)
    # An objection that is stored stands whatever a request says: it is withdrawn where it is stored.
    withdrawn = {name: to for name, to in agreed.items() if to is None or name in OBJECTIONS}
    if withdrawn.keys() & customer.consents.keys():
        customer = customer.model_copy(update={"consents": _agreed(customer.consents, withdrawn)})
    return Question(request, customer, _told(below["history"], request, history, first, now), now)


def _by_root(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What becomes of facts, consents, contact and history, by their names there."""
    below: dict[str, dict[str, Any]] = {"customer": {}, "consents": {}, "contact": {}, "history": {}}
    for path, to in changes.items():
        root, _, name = path.partition(".")
        if name.startswith("consents."):
            below["consents"][name.removeprefix("consents.")] = to
        elif name and name != "holdings":
            below[root][name] = to
    return below


def _agreed(consents: Consents, changes: Mapping[str, bool | None]) -> Consents:
    return {name: given for name, given in {**consents, **changes}.items() if given is not None}


def _later(question: Question, now: datetime, policy: Policy) -> Question:
    """The same question after so many days."""
    request, customer, history, before = question
    months = int((now - before) / timedelta(days=DAYS_A_MONTH) + 1e-6)
    facts = typed({**customer.facts, **request.facts}, policy.fact_types)
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
    if given.pop("leaving", None) is False:
        given["intent"] = None
    if "agent_authority" in given:
        agent = contact.agent or Agent(agent_id="agent")
        given["agent"] = agent.model_copy(update={"authority": given.pop("agent_authority")})
    if "bot" in given:
        given["speaker"] = "bot" if given.pop("bot") else "agent"
    return contact.model_copy(update=given)


def _told(
    wanted: Mapping[str, Any], request: DecisionRequest, history: History, first: datetime, now: datetime
) -> History:
    """The history with events that bring each count to its value, each list to its members.

    What ends something happens at `first`, before time passes: an outage is forgotten only once it is over. All else happens now.
    """
    for name, to in wanted.items():
        counts = fold(history, request.contact, now)
        known = len(history.events)
        events = tuple(
            _event(given, f"would-{known + place}", request, first if given["kind"] in ENDS else now)
            for place, given in enumerate(_events(name, counts.get(name), to, counts))
        )
        history = history.model_copy(update={"events": (*history.events, *events)})
    return history


def _events(name: str, current: Any, to: Any, counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What must happen, as fields of events; `hours_ago` is turned into the moment."""
    if isinstance(to, tuple):
        field = "product_id" if name == "interests_14d" else "subject"
        return [{"kind": RAISED_BY[name], field: word} for word in to if word not in current]
    if name in _SAID_ONCE:
        return [{"kind": RAISED_BY[name], **_SAID_ONCE[name](to)}]
    if to > current:
        return _raised(name, current, to)
    if to == current or name not in ENDED_BY:  # something else that happens brings it there
        return []
    open_ones = counts["open_promises"] if name == "overdue_promises" else current - to
    return [{"kind": ENDED_BY[name]}] * (1 if name in AT_ONCE else open_ones)


_SAID_ONCE: Final[Mapping[str, Callable[[float], dict[str, Any]]]] = {
    "last_score": lambda to: {"score": to},
    "hours_since_inbound": lambda to: {"direction": "inbound", "hours_ago": to, "same_contact": True},
}
"""What the last event of its kind says."""


def _raised(name: str, current: Any, to: Any) -> list[dict[str, Any]]:
    about = {"about_this": True} if name == "same_subject_30d" else {}
    due = {"due_hours": 24.0} if name == "open_promises" else {}
    return [{"kind": RAISED_BY[name], **about, **due}] * (to - current)


def _event(given: dict[str, Any], event_id: str, request: DecisionRequest, now: datetime) -> Event:
    """One event of this customer. A contact is one of its own, unless it belongs to the contact at hand."""
    fields, contact = dict(given), request.contact
    at = now - timedelta(hours=fields.pop("hours_ago", 0.0))
    if "due_hours" in fields:
        fields["due"] = now + timedelta(hours=fields.pop("due_hours"))
    if fields["kind"] == "contact":
        fields["channel"] = contact.channel
        fields["contact_id"] = contact.contact_id if fields.pop("same_contact", False) else event_id
    if fields.pop("about_this", False):
        fields["subject"] = contact.subject
    return Event(event_id=event_id, customer_id=request.customer_id, at=at, **fields)
