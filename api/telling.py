"""Outcomes on their way into the store: with what their decisions tell, and with what follows from them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import orjson

from api.records import answer_of
from api.shelf import UnknownVersionError
from api.unrecorded import record_in
from models.domain import ActionKind, Channel, Event, Id, Noun, Outcome, PastOutcome, Speaker, Word
from models.response import Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from api.service import Service
    from models.actions import Action


class Told(Noun):
    """What a recorded decision tells about its outcomes. `kinds` are of its proposals, in the order of their ranks."""

    customer_id: Id
    contact_id: Id
    channel: Channel
    speaker: Speaker | None
    kinds: dict[Id, ActionKind]
    arms: dict[Word, Word]
    versions: Versions


class Written(NamedTuple):
    """Which of the outcomes and which of the events were new, in their order."""

    outcomes: list[bool]
    events: list[bool]


async def records_of(service: Service, decision_ids: Iterable[str]) -> dict[str, bytes]:
    """The records of those decisions that are kept, in one round trip, or none where all wait in the spool."""
    ids = list(dict.fromkeys(decision_ids))
    waiting = await spooled_records(service, ids)
    asked = [name for name in ids if name not in waiting]
    found = await service.store.decisions(asked) if asked else []
    stored = {name: record for name, record in zip(asked, found, strict=True) if record is not None}
    return {**waiting, **stored}


async def spooled_records(service: Service, decision_ids: Iterable[str]) -> dict[str, bytes]:
    """The records of those decisions that wait here for the store."""
    if service.spool is None or not service.spool.backlog["decision"]:
        return {}
    found = await service.spool.decisions(list(decision_ids))
    return {name: record_in(body) for name, body in found.items()}


def told_by(record: bytes) -> Told:
    decision = orjson.loads(answer_of(record))
    contact = orjson.loads(record)["request"]["contact"]
    return Told(
        customer_id=decision["customer_id"],
        contact_id=decision["contact_id"],
        channel=contact["channel"],
        speaker=contact.get("speaker"),
        kinds={proposal["action_id"]: proposal["kind"] for proposal in decision["proposals"]},
        arms=decision["experiment"].get("arms", {}),
        versions=Versions.model_validate(decision["versions"]),
    )


def told_of(service: Service, records: Mapping[str, bytes]) -> dict[str, Told]:
    """What decisions tell, of those this version can read: one that is broken must not keep the others waiting, and is listed."""
    found: dict[str, Told] = {}
    for decision_id, record in records.items():
        try:
            found[decision_id] = told_by(record)
        except (ValueError, KeyError, TypeError) as error:
            service.poison.found(decision_id, "decision", type(error).__name__, service.clock())
    return found


async def take(
    service: Service,
    outcomes: Sequence[Outcome],
    told: Mapping[str, Told],
    received: datetime,
    events: Sequence[Event] = (),
) -> Written:
    """Write outcomes of proposals that were made, and what else happened.

    Raises:
        StoreAwayError: part of it may have been taken; the same again takes the rest.
    """
    past, followed = await _past(service, outcomes, told)
    # Events first: should the outcomes then fail, all is sent again, and what follows from them is known already.
    counted = await take_events(service, (*events, *followed), received)
    arms = {name: known.arms for name, known in told.items() if known.arms}
    new = await service.store.append_outcomes(past, received, service.library.current.catalogue.stock, arms)
    for outcome, fresh in zip(past, new, strict=True):
        service.metrics.outcomes.labels(outcome.kind).inc(int(fresh))
    return Written(new, counted[: len(events)])


async def take_events(service: Service, events: Sequence[Event], received: datetime) -> list[bool]:
    """Write what happened; which of it was new.

    Raises:
        StoreAwayError: part of it may have been taken; the same again takes the rest.
    """
    new = await service.store.append_events(events, received)
    for event, fresh in zip(events, new, strict=True):
        service.metrics.events.labels(event.kind).inc(int(fresh))
    return new


async def _past(
    service: Service, outcomes: Sequence[Outcome], told: Mapping[str, Told]
) -> tuple[list[PastOutcome], list[Event]]:
    policy = service.library.current.policy
    past, followed = [], []
    for outcome in outcomes:
        known = told[outcome.decision_id]
        action = await _action(service, outcome.action_id, known.versions)
        past.append(_with(outcome, known, action))
        if action is None or outcome.kind != "accepted":
            continue
        if action.promise is not None:
            due = action.promise.due(outcome.at, policy.timezone)
            followed.append(_promise(outcome, known, action.promise.subject, due))
        if action.cancels and policy.leaving.confirmed:
            followed.append(_decided(outcome, known, policy.leaving.confirmed[0]))
    return past, followed


def _with(outcome: Outcome, told: Told, action: Action | None) -> PastOutcome:
    return PastOutcome(
        **outcome.model_dump(),
        customer_id=told.customer_id,
        contact_id=told.contact_id,
        channel=told.channel,
        speaker=told.speaker,
        action_kind=told.kinds[outcome.action_id],
        family="unknown" if action is None else action.family,
    )


def _promise(outcome: Outcome, told: Told, subject: str, due: datetime) -> Event:
    """What accepting promised. One proposal promises once, however often and by whomever its acceptance is told."""
    return Event(
        event_id=_id("promise", outcome),
        customer_id=told.customer_id,
        kind="promise",
        at=outcome.at,
        channel=told.channel,
        contact_id=told.contact_id,
        subject=subject,
        due=due,
    )


def _decided(outcome: Outcome, told: Told, intent: str) -> Event:
    """Who takes the way out has decided: the next turn does not argue with him."""
    return Event(
        event_id=_id("decided", outcome),
        customer_id=told.customer_id,
        kind="contact",
        at=outcome.at,
        channel=told.channel,
        contact_id=told.contact_id,
        intent=intent,
    )


def _id(what: str, outcome: Outcome) -> str:
    return f"{what}-{hashlib.sha256(f'{outcome.decision_id} {outcome.action_id}'.encode()).hexdigest()[:32]}"


async def _action(service: Service, action_id: str, versions: Versions) -> Action | None:
    """An action of the catalogue in force, or of the one it was proposed from; None when neither is known."""
    action = service.library.current.catalogue.action.get(action_id)
    if action is not None:
        return action
    try:
        return (await service.library.of(versions)).catalogue.action[action_id]
    except UnknownVersionError:
        return None
