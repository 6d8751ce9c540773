"""The day and the hour where the company is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def local_time(now: datetime, timezone: str) -> datetime:
    """The moment as the clocks there show it."""
    return now.astimezone(ZoneInfo(timezone))


def local_values(local: datetime) -> dict[str, Any]:
    """Hour, weekday (1 Monday to 7 Sunday) and date (2026-12-25) of a moment there, as rules know them."""
    return {
        "local_hour": local.hour,
        "local_weekday": local.isoweekday(),
        "local_date": local.date().isoformat(),
    }
