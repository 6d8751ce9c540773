"""What exploring has cost today, and whether it goes on: looked up over all partitions while the service runs.

A contact counts once, with the dearest of its decisions. Once the day's euros are given up no contact begins to explore; one that began
before goes on, for advice does not move by itself. Whoever sees first that they are spent writes down when, so that it does not matter which
process a contact meets next. Between two looks a process knows only what itself gave up, so with
several of them the day may cost what they give up in a second more than the policy says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.connection import StoreAwayError
from models.local_time import local_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from api.knowledge import Library
    from api.store import Store
    from api.telemetry import Metrics
    from models.domain import DecisionRequest, History
    from models.knowledge import Knowledge
    from models.response import Decision


class Exploration:
    """`given_up` is euros, on the day that was last looked at, of at most so many; `most` is 0 where neither policy nor flag explores."""

    def __init__(
        self, store: Store, library: Library, metrics: Metrics, clock: Callable[[], datetime]
    ) -> None:
        self.given_up = self.most = 0.0
        self._day: date | None = None
        self._spent: datetime | None = None
        self._store, self._library, self._metrics, self._clock = store, library, metrics, clock

    async def look(self) -> None:
        """Count again. Where neither the policy nor a flag explores nobody is asked."""
        knowledge, now = self._library.current, self._clock()
        explore = knowledge.policy.arbitration.explore
        if explore is None or (knowledge.explore_rate == 0.0 and self._library.flagging is None):
            self._set(0.0, 0.0)
            return
        day, most = self.day(now, knowledge), explore.euros_a_day
        spent = self._spent if day == self._day else None
        try:
            found = await self._store.sums.given_up(day) / 100.0
            spent = None if found < most else await self._store.sums.spent(day, most, spent or now)
        except StoreAwayError:  # nothing is explored that cannot be recorded
            return
        self._day, self._spent = day, spent
        self._set(found, most)

    def rate(self, knowledge: Knowledge, question: DecisionRequest, history: History, now: datetime) -> float:
        """At which this contact explores now."""
        rate = knowledge.explore_rate
        if rate == 0.0 or self._spent is None or _began(question, history, now) <= self._spent:
            return rate
        return 0.0

    def day(self, now: datetime, knowledge: Knowledge) -> date:
        """The day of the company."""
        return local_time(now, knowledge.policy.timezone).date()

    def count(self, decision: Decision, knowledge: Knowledge, now: datetime) -> None:
        """What this process gave up, which the next look counts anew."""
        explore = knowledge.policy.arbitration.explore
        if explore is not None and decision.selection.given_up:
            self._set(self.given_up + decision.selection.given_up, explore.euros_a_day)
            if self.given_up >= explore.euros_a_day and self._spent is None:
                self._spent = now

    def _set(self, given_up: float, most: float) -> None:
        self.given_up, self.most = given_up, most
        self._metrics.explored(given_up, most)


def _began(question: DecisionRequest, history: History, now: datetime) -> datetime:
    """When this contact was first heard of."""
    contact_id = question.contact.contact_id
    return min((event.at for event in history.events if event.contact_id == contact_id), default=now)
