"""The wish to leave: voiced now, or earlier in this conversation and not settled by a save since."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.domain import Contact, Event, History
from models.outcomes import CONVERSATION, YEAR, as_of, taken
from models.sections.leaving import Leaving

DAY = timedelta(days=1)


def voiced_leaving(history: History, contact: Contact, leaving: Leaving, now: datetime) -> bool:
    """Whether the wish to leave was voiced: now, or earlier in this conversation and no save accepted since."""
    return _stands(leaving.wishes, history, contact, now)


def confirmed_leaving(history: History, contact: Contact, leaving: Leaving, now: datetime) -> bool:
    """Whether leaving was confirmed, now or earlier in this conversation: who has decided is not argued with in the next contact."""
    return _stands(leaving.confirmed, history, contact, now)


def voiced_here(history: History, contact: Contact, leaving: Leaving, now: datetime) -> bool:
    """Whether the wish that stands was voiced by the customer in this very contact: now, or in an earlier turn of it.

    An earlier turn is one of the last day: a chat may go on under one id for ever.
    """
    wishes = leaving.wishes
    if contact.intent in wishes:
        return True
    here = [
        event.contact_id == contact.contact_id and event.direction != "outbound" and event.at > now - DAY
        for event in _voiced(wishes, history, now)
    ]
    return True in here and _stands(wishes, history, contact, now)


def earlier_wishes(history: History, leaving: Leaving, now: datetime) -> int:
    """Contacts of the last 365 days in which the wish was voiced, those of this conversation apart: who threatens comes back."""
    intents, since, until = leaving.intents, now - YEAR, now - CONVERSATION
    found = {
        event.contact_id
        for event in history.events
        if event.intent in intents and event.kind == "contact" and since < event.at <= until
    }
    return len(found)


def _stands(wishes: tuple[str, ...], history: History, contact: Contact, now: datetime) -> bool:
    if contact.intent in wishes:
        return True
    earlier = [event.at for event in _voiced(wishes, history, now)]
    if not earlier:
        return False
    last = max(earlier)
    since = [o for o in as_of(history.outcomes, now) if o.action_kind == "save" and o.at > last]
    return not taken(since)


def _voiced(wishes: tuple[str, ...], history: History, now: datetime) -> list[Event]:
    """The turns of this conversation in which it was voiced."""
    since = now - CONVERSATION
    return [
        event
        for event in history.events
        if event.intent in wishes and event.kind == "contact" and since < event.at <= now
    ]
