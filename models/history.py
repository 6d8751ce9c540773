"""What happened to a customer, folded into counts and days. One pure function, used live, in replay and offline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.domain import Contact, Event, History, PastOutcome
from models.policy import Leaving

HISTORY_TYPES: Mapping[str, str] = {
    "contacts_30d": "integer",
    "contacts_7d": "integer",
    "same_subject_30d": "integer",
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
    "offers_spoken_30d": "integer",
    "subjects_14d": "list[string]",
    "interests_14d": "list[string]",
    "declined_90d": "list[string]",
    "declined_families_30d": "list[string]",
    "accepted_90d": "list[string]",
}
"""Every path below `history` in the rules, with its type. Absent when there is nothing to count: complaint_days, last_score, score_days."""

CONVERSATION = timedelta(days=7)
"""All contacts of a customer within seven days are one conversation about leaving."""


def fold(history: History, contact: Contact, now: datetime) -> dict[str, Any]:
    """The `history` part of the context: counts, days and lists as of `now`, this contact included.

    Events after `now` do not count, so that an old decision can be decided again from a longer history.
    """
    events = [event for event in history.events if event.at <= now]
    outcomes = _effective(history.outcomes, now)
    folded = {
        **_contacts(events, contact, now),
        **_complaints(events, now),
        **_outages(events, now),
        **_payments(events, now),
        **_promises(events, now),
        **_feedback(events, now),
        "subjects_14d": _distinct(e.subject for e in _recent(events, "information", now, 14)),
        "interests_14d": _distinct(e.product_id for e in _recent(events, "interest", now, 14)),
        **_outcomes(outcomes, now),
    }
    return {name: value for name, value in folded.items() if value is not None}


def voiced_leaving(history: History, contact: Contact, leaving: Leaving, now: datetime) -> bool:
    """Whether the wish to leave was voiced: now, or earlier in this same contact."""
    wishes = {*leaving.intents, *leaving.confirmed}
    if contact.intent in wishes:
        return True
    return any(
        event.kind == "contact"
        and event.contact_id == contact.contact_id
        and event.intent in wishes
        and event.at <= now
        for event in history.events
    )


def local_hour(now: datetime, timezone: str) -> int:
    """The hour on the clock where the company is."""
    return now.astimezone(ZoneInfo(timezone)).hour


def _effective(outcomes: tuple[PastOutcome, ...], now: datetime) -> list[PastOutcome]:
    return sorted((outcome for outcome in outcomes if outcome.at <= now), key=lambda outcome: outcome.at)


def _recent(events: list[Event], kind: str, now: datetime, days: int) -> Iterator[Event]:
    since = now - timedelta(days=days)
    return (event for event in events if event.kind == kind and event.at > since)


def _distinct(values: Iterator[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value is not None))


def _contacts(events: list[Event], contact: Contact, now: datetime) -> dict[str, Any]:
    """Distinct conversations; a conversation that wrote several events is one contact."""
    month = list(_recent(events, "contact", now, 30))
    week = now - timedelta(days=7)
    this = {contact.contact_id}
    subject = {
        event.contact_id
        for event in month
        if contact.subject is not None and event.subject == contact.subject
    }
    return {
        "contacts_30d": len({event.contact_id for event in month} | this),
        "contacts_7d": len({event.contact_id for event in month if event.at > week} | this),
        "same_subject_30d": len(subject | this) if contact.subject is not None else 0,
    }


def _complaints(events: list[Event], now: datetime) -> dict[str, Any]:
    """A closing event closes the oldest complaint on its subject; where one of them has no subject, simply the oldest."""
    opened: list[Event] = []
    for event in sorted(events, key=lambda e: e.at):
        if event.kind == "complaint_opened":
            opened.append(event)
        elif event.kind == "complaint_closed":
            _settle(opened, event.subject)
    return {
        "open_complaints": len(opened),
        "complaint_days": (now - opened[0].at).days if opened else None,
    }


def _settle(pending: list[Event], subject: str | None) -> None:
    """Take out what an event on this subject settles; something about another subject stays open."""
    same = [event for event in pending if subject is not None and event.subject == subject]
    loose = [event for event in pending if subject is None or event.subject is None]
    for event in [*same, *loose][:1]:
        pending.remove(event)


def _outages(events: list[Event], now: datetime) -> dict[str, Any]:
    """Hours of service lost. An outage with `hours` is over; one without lasts until `outage_ended`."""
    since = now - timedelta(days=30)
    started: datetime | None = None
    hours = 0.0
    for event in sorted(events, key=lambda e: e.at):
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
    for event in sorted(events, key=lambda e: e.at):
        if event.kind == "missed_payment":
            unpaid += 1
        elif event.kind == "payment":
            unpaid = 0
    return {
        "missed_payments_12m": sum(1 for _ in _recent(events, "missed_payment", now, 365)),
        "unpaid": unpaid,
    }


def _promises(events: list[Event], now: datetime) -> dict[str, Any]:
    """Promises not kept yet; one that is kept settles the oldest on its subject, as with complaints."""
    pending: list[Event] = []
    for event in sorted(events, key=lambda e: e.at):
        if event.kind == "promise":
            pending.append(event)
        elif event.kind == "promise_kept":
            _settle(pending, event.subject)
    overdue = sum(1 for event in pending if event.due is not None and event.due < now)
    return {"open_promises": len(pending), "overdue_promises": overdue}


def _feedback(events: list[Event], now: datetime) -> dict[str, Any]:
    given = [event for event in events if event.kind == "feedback"]
    if not given:
        return {"last_score": None, "score_days": None}
    last = max(given, key=lambda event: event.at)
    return {"last_score": last.score, "score_days": (now - last.at).days}


def _outcomes(outcomes: list[PastOutcome], now: datetime) -> dict[str, Any]:
    week, month, quarter = now - CONVERSATION, now - timedelta(days=30), now - timedelta(days=90)
    saves = [outcome for outcome in outcomes if outcome.action_kind == "save" and outcome.at > week]
    spoken = _distinct(o.action_id for o in saves if o.kind in ("spoken", "accepted", "declined", "deferred"))
    taken: set[str] = set()
    for outcome in saves:
        if outcome.kind in ("accepted", "kept"):
            taken.add(outcome.action_id)
        elif outcome.kind == "withdrawn":
            taken.discard(outcome.action_id)
    refused = [action_id for action_id in spoken if action_id not in taken]
    offers = {
        (o.contact_id, o.action_id)
        for o in outcomes
        if o.action_kind == "offer"
        and o.at > month
        and o.kind in ("spoken", "accepted", "declined", "deferred")
    }
    declined = [o for o in outcomes if o.kind == "declined"]
    return {
        "saves_spoken_7d": len(spoken),
        "saves_refused_7d": len(refused),
        "saves_refused": refused,
        "save_accepted_7d": bool(taken),
        "offers_spoken_30d": len(offers),
        "declined_90d": _distinct(o.action_id for o in declined if o.at > quarter),
        "declined_families_30d": _distinct(o.family for o in declined if o.at > month),
        "accepted_90d": _distinct(o.action_id for o in outcomes if o.kind == "accepted" and o.at > quarter),
    }
