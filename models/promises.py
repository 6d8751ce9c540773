"""Something promised by a date: the action says how soon, this says when that is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from models.domain import Noun, Word

END_OF_DAY = time(23, 59, 59)
SATURDAY = 5


class Promise(Noun):
    """What accepting an action promises: within so many hours, or before the end of a day.

    `days: 0` is before this day ends. Working days are Monday to Friday; public holidays count as ordinary days.
    """

    subject: Word
    hours: Annotated[int | None, Field(ge=1, le=720)] = None
    days: Annotated[int | None, Field(ge=0, le=365)] = None
    working_days: Annotated[int | None, Field(ge=1, le=260)] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.hours, self.days, self.working_days].count(None) != 2:
            raise ValueError("say how soon in one way: 'hours', 'days' or 'working_days'")
        return self

    def due(self, at: datetime, timezone: str) -> datetime:
        """When a promise made at `at` must be kept, as the company's clock says it."""
        zone = ZoneInfo(timezone)
        if self.hours is not None:
            # In UTC, so that an hour is an hour in the night the clock changes.
            return (at.astimezone(UTC) + timedelta(hours=self.hours)).astimezone(zone)
        today = at.astimezone(zone).date()
        if self.days is not None:
            day = today + timedelta(days=self.days)
        else:
            day = today
            for _ in range(self.working_days or 0):
                day += timedelta(days=1)
                while day.weekday() >= SATURDAY:
                    day += timedelta(days=1)
        return datetime.combine(day, END_OF_DAY, zone)
