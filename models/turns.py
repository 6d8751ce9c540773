"""A contact has turns: which of them say something that the history does not hold yet."""

from __future__ import annotations

from typing import Final

from models.domain import Contact, History

WORDS: Final = ("channel", "intent", "subject", "motive")


def told(history: History, contact: Contact) -> bool:
    """Whether the history holds this contact with all it says: its newest channel, intent, subject and motive.

    What a turn leaves out is not taken back; a contact that turns to something else and back says so twice.
    """
    turns = [
        event
        for event in reversed(history.events)
        if event.kind == "contact" and event.contact_id == contact.contact_id
    ]
    return bool(turns) and all(
        getattr(contact, name) in (None, next(filter(None, (getattr(turn, name) for turn in turns)), None))
        for name in WORDS
    )
