"""When something happened, as others say it, held against the service's own clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from api.errors import FieldError

if TYPE_CHECKING:
    from datetime import datetime

    from models.domain import Event, History, PastOutcome

AHEAD = timedelta(minutes=15)
"""How far another system's clock may be ahead of this one, also while this one has been set back."""
BACK = timedelta(hours=1)
"""How far this clock may have been set back without undoing what happened."""


def ahead(field: str, at: datetime, received: datetime) -> FieldError | None:
    """What is wrong with a moment that lies further in the future than clocks differ."""
    if at <= received + AHEAD:
        return None
    return FieldError(
        field=field,
        message=f"{at.isoformat()} is more than {AHEAD // timedelta(minutes=1)} minutes ahead of {received.isoformat()}",
        remedy="send the moment it happened; look at the clock and the offset of the sender",
    )


def remembered(what: Event | PastOutcome, received: datetime) -> Event | PastOutcome:
    """As the history takes it: nothing happened after it was told, so that the next decision sees it."""
    return what if what.at <= received else what.model_copy(update={"at": received})


def not_undone(history: History, now: datetime) -> datetime:
    """`now`, or the last moment anything is known to have happened at.

    A clock that was set back would else forget what was told since, and with it which offers have been heard.
    """
    until, latest = now + BACK, now
    for told in (history.events, history.outcomes):
        for what in told:
            if latest < what.at <= until:
                latest = what.at
    return latest
