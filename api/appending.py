"""What an event or an outcome leaves in the store: the arguments of `lua/append.lua`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from api import keys
from api.moments import remembered
from models.outcomes import was_spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from api.connection import Call
    from models.domain import Event, PastOutcome
    from models.sections.keeping import Keeping

DAY = 86_400
TAKES = {"accepted": 1, "withdrawn": -1}
"""What outcomes take from limited stock."""


def event_appended(event: Event, received: datetime, keeping: Keeping) -> Call:
    return _appended(event, "event", event.event_id, keys.events_of(event.kind), received, keeping)


def outcome_appended(
    outcome: PastOutcome,
    received: datetime,
    keeping: Keeping,
    limited: Collection[str],
    arms: Mapping[str, Mapping[str, str]],
) -> Call:
    """`limited`: actions of which there is only so much. `arms`: decision -> experiment -> arm."""
    place = "saves" if outcome.action_kind == "save" else "outcomes"
    key, values = _appended(outcome, "outcome", outcome.outcome_id, place, received, keeping)
    if outcome.action_id in limited and outcome.kind in TAKES:
        values = (*values, outcome.action_id, outcome.contact_id, TAKES[outcome.kind])
    if outcome.decision_id in arms and was_spoken(outcome):
        stock = values[11:] or ("", "", "")
        values = (*values[:11], *stock, *_exposures(outcome, arms[outcome.decision_id]))
    return key, values


def _appended(
    what: Event | PastOutcome, kind: str, name: str, place: str, received: datetime, keeping: Keeping
) -> Call:
    """The journal gets it as it was told, the history as `remembered`."""
    tag = keys.tag_of(what.customer_id)
    told = _json(what)
    values = (
        tag,
        what.customer_id,
        f"{kind[0]}:{name}",
        told,
        keeping.history_items,
        received.timestamp(),
        keeping.decision_days * DAY,
        kind,
        name,
        what.at.isoformat(),
        told if what.at <= received else _json(remembered(what, received)),
    )
    return f"{tag}{place}:{what.customer_id}", values


def _json(what: Event | PastOutcome) -> bytes:
    return what.model_dump_json(exclude_none=True).encode()


def _exposures(outcome: PastOutcome, arms: Mapping[str, str]) -> list[bytes | str]:
    """For each experiment the mark by which it is known that it was logged, and what is logged."""
    told = {"decision_id": outcome.decision_id, "action_id": outcome.action_id, "at": outcome.at.isoformat()}
    made: list[bytes | str] = []
    for experiment, arm in arms.items():
        who = {"customer_id": outcome.customer_id, "experiment": experiment, "arm": arm}
        # Names may hold spaces: as JSON two pairs never make the same mark.
        made += [b"x:" + orjson.dumps([experiment, arm]), orjson.dumps({**who, **told})]
    return made
