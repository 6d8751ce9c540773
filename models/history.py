"""What happened to a customer, folded into counts and days. One pure function, used live, in replay and offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from models.domain import Contact, Event, History
from models.outcomes import as_of, count_outcomes, distinct

HISTORY_TYPES: Mapping[str, str] = {
    "contacts_30d": "integer",
    "contacts_7d": "integer",
    "same_subject_30d": "integer",
    "hours_since_inbound": "number",
    "open_complaints": "integer",
    "complaint_days": "integer",
    "outage_open_hours": "number",
    "outage_hours_30d": "number",
    "missed_payments_12m": "integer",
    "unpaid": "integer",
    "open_promises": "integer",
    "overdue_promises": "integer",
    "last_score": "number",
    "score_days": "integer",
    "saves_spoken_7d": "integer",
    "saves_refused_7d": "integer",
    "save_accepted_7d": "boolean",
    "saves_refused": "list[string]",
    "saves_accepted_365d": "integer",
    "days_since_save": "integer",
    "offers_spoken_30d": "integer",
    "subjects_14d": "list[string]",
    "interests_14d": "list[string]",
    "declined_90d": "list[string]",
    "declined_families_30d": "list[string]",
    "accepted_90d": "list[string]",
}
"""Every path below `history` in the rules, with its type. Absent when there is nothing to count: complaint_days, last_score, score_days, days_since_save,
and hours_since_inbound, which looks at the contact's own channel."""

WEEK, TWO_WEEKS, MONTH = timedelta(days=7), timedelta(days=14), timedelta(days=30)
YEAR = timedelta(days=365)
TOPICS: Mapping[str, str] = {
    "contact": "contacts",
    "complaint_opened": "complaints",
    "complaint_closed": "complaints",
    "outage": "outages",
    "outage_ended": "outages",
    "missed_payment": "payments",
    "payment": "payments",
    "promise": "promises",
    "promise_kept": "promises",
    "feedback": "feedback",
    "information": "information",
    "interest": "interest",
}
"""What each kind of event is counted with."""

_moment = attrgetter("at")


def fold(history: History, contact: Contact, now: datetime) -> dict[str, Any]:
    """The `history` part of the context: counts, days and lists as of `now`, this contact included.

    Events after `now` do not count, so that an old decision can be decided again from a longer history.
    """
    counts = _nothing(contact)
    if history.events:
        topics = _by_topic(history.events, now)
        contacts = topics.pop("contacts", None)
        if contacts:
            counts.update(_contacts(contacts, contact, now))
        for topic, events in topics.items():
            counts.update(COUNTED[topic](events, now))
    if history.outcomes:
        counts.update(count_outcomes(as_of(history.outcomes, now), contact.contact_id, now))
    return counts


def _nothing(contact: Contact) -> dict[str, Any]:
    """What a stranger's history counts to."""
    return {
        "contacts_30d": 1,
        "contacts_7d": 1,
        "same_subject_30d": 0 if contact.subject is None else 1,
        "open_complaints": 0,
        "outage_open_hours": 0.0,
        "outage_hours_30d": 0.0,
        "missed_payments_12m": 0,
        "unpaid": 0,
        "open_promises": 0,
        "overdue_promises": 0,
        "saves_spoken_7d": 0,
        "saves_refused_7d": 0,
        "save_accepted_7d": False,
        "saves_refused": [],
        "saves_accepted_365d": 0,
        "offers_spoken_30d": 0,
        "subjects_14d": [],
        "interests_14d": [],
        "declined_90d": [],
        "declined_families_30d": [],
        "accepted_90d": [],
    }


def _by_topic(events: tuple[Event, ...], now: datetime) -> dict[str, list[Event]]:
    """What happened up to `now`, the events that belong together in the order in which they were told."""
    topics: dict[str, list[Event]] = {}
    for event in events:
        if event.at <= now:
            topics.setdefault(TOPICS[event.kind], []).append(event)
    return topics


def _recent(events: list[Event], now: datetime, window: timedelta) -> list[Event]:
    since = now - window
    return [event for event in events if event.at > since]


def _contacts(events: list[Event], contact: Contact, now: datetime) -> dict[str, Any]:
    """Distinct conversations; a conversation that wrote several events is one contact. That we called or wrote is no trouble of his."""
    month = [event for event in _recent(events, now, MONTH) if event.direction != "outbound"]
    week = now - WEEK
    this = {contact.contact_id}
    inbound = [e.at for e in events if e.direction == "inbound" and e.channel == contact.channel]
    since = {"hours_since_inbound": (now - max(inbound)).total_seconds() / 3600} if inbound else {}
    return {
        **since,
        "contacts_30d": len({event.contact_id for event in month} | this),
        "contacts_7d": len({event.contact_id for event in month if event.at > week} | this),
        "same_subject_30d": _same_subject(month, contact),
    }


def _same_subject(events: list[Event], contact: Contact) -> int:
    """Conversations about what this one is about; where it does not say, about what most of them were."""
    about: dict[str, set[str | None]] = {}
    for event in events:
        if event.subject is not None:
            about.setdefault(event.subject, set()).add(event.contact_id)
    if contact.subject is None:
        return max(map(len, about.values()), default=0)
    return len(about.get(contact.subject, set()) | {contact.contact_id})


def _complaints(events: list[Event], now: datetime) -> dict[str, Any]:
    """A closing event closes the oldest complaint on its subject; where one of them has no subject, simply the oldest."""
    opened: list[Event] = []
    for event in sorted(events, key=_moment):
        if event.kind == "complaint_opened":
            opened.append(event)
        else:
            _settle(opened, event.subject)
    if not opened:
        return {"open_complaints": 0}
    return {"open_complaints": len(opened), "complaint_days": (now - opened[0].at).days}


def _settle(pending: list[Event], subject: str | None) -> None:
    """Take out what an event on this subject settles; something about another subject stays open."""
    same = [event for event in pending if subject is not None and event.subject == subject]
    loose = [event for event in pending if subject is None or event.subject is None]
    for event in [*same, *loose][:1]:
        pending.remove(event)


def _outages(events: list[Event], now: datetime) -> dict[str, Any]:
    """Hours of service lost. An outage with `hours` is over; one without lasts until `outage_ended`."""
    since = now - MONTH
    started: datetime | None = None
    hours = 0.0
    for event in sorted(events, key=_moment):
        if event.kind == "outage" and event.hours is not None:
            hours += event.hours if event.at > since else 0.0
        elif event.kind == "outage":
            started = started or event.at
        elif event.kind == "outage_ended" and started is not None:
            hours += max(0.0, (event.at - max(started, since)).total_seconds() / 3600)
            started = None
    running = (now - started).total_seconds() / 3600 if started else 0.0
    return {"outage_open_hours": running, "outage_hours_30d": hours + min(running, 30 * 24.0)}


def _payments(events: list[Event], now: datetime) -> dict[str, Any]:
    """A payment clears every payment missed before it."""
    unpaid = 0
    for event in sorted(events, key=_moment):
        if event.kind == "missed_payment":
            unpaid += 1
        else:
            unpaid = 0
    return {
        "missed_payments_12m": sum([event.kind == "missed_payment" for event in _recent(events, now, YEAR)]),
        "unpaid": unpaid,
    }


def _promises(events: list[Event], now: datetime) -> dict[str, Any]:
    """Promises not kept yet; one that is kept settles the oldest on its subject, as with complaints."""
    pending: list[Event] = []
    for event in sorted(events, key=_moment):
        if event.kind == "promise":
            pending.append(event)
        else:
            _settle(pending, event.subject)
    overdue = sum([event.due is not None and event.due < now for event in pending])
    return {"open_promises": len(pending), "overdue_promises": overdue}


def _feedback(events: list[Event], now: datetime) -> dict[str, Any]:
    last = max(events, key=_moment)
    return {"last_score": last.score, "score_days": (now - last.at).days}


def _information(events: list[Event], now: datetime) -> dict[str, Any]:
    return {"subjects_14d": distinct([e.subject for e in _recent(events, now, TWO_WEEKS)])}


def _interest(events: list[Event], now: datetime) -> dict[str, Any]:
    return {"interests_14d": distinct([e.product_id for e in _recent(events, now, TWO_WEEKS)])}


COUNTED: Mapping[str, Callable[[list[Event], datetime], dict[str, Any]]] = {
    "complaints": _complaints,
    "outages": _outages,
    "payments": _payments,
    "promises": _promises,
    "feedback": _feedback,
    "information": _information,
    "interest": _interest,
}
"""What counts the events of each topic; contacts are counted with the contact at hand."""
