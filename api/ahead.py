"""Outcomes ahead of their decision: kept until it is there, a day at most, then given up and reported.

A decision lies where its outcomes are looked for before its answer goes out, so this is rare: a caller with queues of his own, a store that fell back
to a copy of a moment ago. Who sends them says so, because most decisions nobody knows are mistakes, and those are refused.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from api.connection import StoreAwayError
from api.ids import made_at
from api.telling import records_of, take, told_of
from models.domain import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from api.service import Service

log = logging.getLogger("behoud.ahead")

WAIT: Final = timedelta(days=1)
"""A decision that was not recorded within a day of being made never will be."""


async def wait_for_decisions(service: Service, outcomes: Iterable[Outcome]) -> None:
    """Keep outcomes whose decision is not known.

    Raises:
        StoreAwayError, FullError: the same again keeps the rest.
    """
    # Two customers may have outcomes of one id: callers choose them.
    told = {f"{one.decision_id} {one.outcome_id}": one for one in reversed(tuple(outcomes))}
    if told:
        as_json = {name: one.model_dump_json(exclude_none=True).encode() for name, one in told.items()}
        await service.store.ahead.wait(as_json)


async def look_for_decisions(service: Service) -> None:
    """Take the outcomes whose decision has come, and give up those that have waited too long; some at a time.

    Every process of the service looks. An outcome is taken before it is let go of, and taken twice it counts once; only who lets go of it reports that it is given up.
    """
    try:
        number, found = await service.store.ahead.some()
        service.metrics.waiting.set(number)
        if found:
            await _claim(service, found)
    except StoreAwayError:  # they wait there
        return


async def _claim(service: Service, found: Mapping[str, bytes]) -> None:
    now = service.clock()
    waiting = {name: _read(told) for name, told in found.items()}
    known = [outcome for outcome in waiting.values() if outcome is not None]
    records = await records_of(service, [outcome.decision_id for outcome in known])
    told = told_of(service, records)
    come: dict[str, Outcome] = {}
    lost: dict[str, str] = {}
    for name, outcome in waiting.items():
        decision = None if outcome is None else told.get(outcome.decision_id)
        if outcome is not None and decision is not None:
            if outcome.action_id in decision.kinds:
                come[name] = outcome
            else:
                lost[name] = "its action was not proposed in that decision"
        elif _is_late(name, now):
            lost[name] = _why(outcome, records)
    if come:
        await take(service, list(come.values()), told, now)
        await service.store.ahead.wait_no_more(list(come))
    if lost:
        await _give_up(service, lost)


def _why(outcome: Outcome | None, records: Mapping[str, bytes]) -> str:
    if outcome is None:
        return "it cannot be read"
    there = outcome.decision_id in records
    return "its decision cannot be read" if there else "its decision has not come within a day"


def _read(told: bytes) -> Outcome | None:
    """None for what another version of the software may be able to read."""
    try:
        return Outcome.model_validate_json(told)
    except ValidationError:
        return None


def _is_late(name: str, now: datetime) -> bool:
    made = made_at(name.partition(" ")[0])
    return made is None or made + WAIT < now


async def _give_up(service: Service, lost: Mapping[str, str]) -> None:
    """By name, and why."""
    were_there = await service.store.ahead.wait_no_more(list(lost))
    for (name, why), was_there in zip(lost.items(), were_there, strict=True):
        if was_there:
            service.metrics.given_up_outcomes.inc()
            decision_id, _, outcome_id = name.partition(" ")
            log.warning(
                "outcome given up", extra={"outcome": outcome_id, "decision": decision_id, "why": why}
            )
