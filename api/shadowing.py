"""`python -m api shadow`: decides beside the champion what a challenger would have answered, and shows it to nobody.

A process of its own, nice to all others, that reads the journal after the service has written it: no live answer waits for it, fails with it or knows of it.
It is given what the record has: the same question, customer, history and moment. It decides what is new since it was started, and skips what it cannot keep up with.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.challenger import challenger_of
from api.connection import StoreAwayError
from api.knowledge import SNAPSHOT_SECONDS
from api.looking import keep_looking, report_end
from api.resources import opened
from api.shelf import UnknownVersionError
from models.bundle import BundleError
from models.journal import DecisionRecord, in_full, replay
from models.shadow import shadow_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.challenger import Challenger
    from api.knowledge import Library
    from api.settings import Settings
    from api.store import Store
    from api.telemetry import Metrics
    from models.knowledge import Knowledge
    from models.response import Decision
    from models.shadow import Shadow

log = logging.getLogger("behoud.shadow")

MOST = 100
"""Decisions it has before it at most: of more, the newest."""
ENTRIES = 500
"""Of one stream, read at once."""
WAIT_MS = 1000
"""For news; so often it says that it is there."""
AWAY_SECONDS = 1.0
NICE = 10
RESULTS = ("decided", "failed", "dropped")


@dataclass
class Shadowing:
    """`library` finds what the champion decided with. `places`: up to where each stream was read."""

    store: Store
    library: Library
    challenger: Challenger
    clock: Callable[[], datetime]
    places: dict[str, str] = field(default_factory=dict)

    async def step(self, wait_ms: int = WAIT_MS) -> dict[str, int]:
        """Decide what is new, and say what was done, by result.

        Raises:
            StoreAwayError: what was read and not decided is left out.
        """
        shadows = self.store.shadows
        self.places = self.places or await shadows.ends()
        ids = await shadows.decided_since(self.places, ENTRIES, wait_ms)
        done = dict.fromkeys(RESULTS, 0)
        if not self.challenger.ready:
            ids, done["dropped"] = [], len(ids)
        done["dropped"] += max(len(ids) - MOST, 0)
        ids = ids[-MOST:]
        for stored in await self.store.decisions(ids) if ids else ():
            if stored is not None:  # erased meanwhile
                done[await self._take(stored)] += 1
        await shadows.count({name: number for name, number in done.items() if number}, self.clock())
        return done

    async def _take(self, stored: bytes) -> str:
        try:
            record = DecisionRecord.model_validate_json(stored)
        except ValidationError as error:
            log.warning("record not read", extra={"why": str(error.errors(include_url=False)[0]["msg"])})
            return "failed"
        shadow = await self._shadow(record)
        told = shadow.model_dump_json().encode()
        await self.store.shadows.keep(
            shadow.customer_id, shadow.decision_id, told, record.decision.decided_at.isoformat()
        )
        return "decided" if shadow.failed is None else "failed"

    async def _shadow(self, record: DecisionRecord) -> Shadow:
        asked, answered = record.request, record.decision
        try:
            champion = await self.library.of(answered.versions)
            sides = _timed(record, champion), _timed(record, self.challenger.beside(champion))
            shadow = shadow_of(asked, answered, sides)
        except (UnknownVersionError, BundleError) as error:
            return shadow_of(asked, answered, None, failed=str(error))
        except Exception as error:  # whatever a challenger does wrong is counted against it, and ends nothing
            log.warning("challenger failed", extra={"decision": answered.decision_id}, exc_info=error)
            return shadow_of(asked, answered, None, failed=type(error).__name__)
        return shadow


def _timed(record: DecisionRecord, knowledge: Knowledge) -> tuple[Decision, float]:
    """Decided in full, and the milliseconds that took."""
    started = perf_counter()
    decision = replay(in_full(record), knowledge)
    return decision, round((perf_counter() - started) * 1000, 3)


def run(settings: Settings) -> int:
    """Decide in the shadow until ended.

    Raises:
        SettingsError, DocumentError, ServerError: what cannot be used, and the remedy.
    """
    os.nice(NICE)
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    async with AsyncExitStack() as stack:
        store, library = await stack.enter_async_context(opened(settings))
        challenger = challenger_of(settings, library.current, now())
        await challenger.look()
        shadowing = Shadowing(store, library, challenger, now)
        for every, look in (
            (settings.bundle_every, challenger.look),
            (settings.bundle_every, library.look_for_bundle),
            (settings.learned_every, library.look_for_learned),
            (settings.learned_every, library.send_shelf),
            (SNAPSHOT_SECONDS, library.keep_snapshots),
        ):
            task = asyncio.create_task(keep_looking(every, look))
            task.add_done_callback(report_end)
            stack.callback(task.cancel)
        while True:
            try:
                await shadowing.step()
            except StoreAwayError as error:
                log.warning("the store is away", extra={"why": str(error)})
                await asyncio.sleep(AWAY_SECONDS)


async def look_at_shadow(
    store: Store, metrics: Metrics, now: datetime, expected: datetime | None = None
) -> None:
    """Bring the figures of the process in the shadow to `/metrics`; from the moment it is `expected`, its silence rings an alarm."""
    try:
        found = await store.shadows.counted()
    except StoreAwayError:
        return
    told = found.pop("until", None)
    until = None if told is None else datetime.fromisoformat(told)
    heard = None if expected is None else max(expected, until or expected)
    metrics.shadowed(
        {name: int(number) for name, number in found.items()},
        None if until is None else (now - until).total_seconds(),
        math.nan if heard is None else (now - heard).total_seconds(),
    )
