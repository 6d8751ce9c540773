"""What customers tapped in WhatsApp, as its platform delivers it. No key: the platform has none, and signs what it sends."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import read_body, well_formed
from api.connection import StoreAwayError
from api.contract import JSON, operation
from api.deliveries import SIGNATURE, check_signature, read
from api.errors import ForbiddenError, UnavailableError
from api.examples.whatsapp import DELIVERY_EXAMPLE, UNDERSTOOD_EXAMPLE
from api.intake import outcomes_in
from api.records import answer_of
from api.service import service_of
from api.telling import records_of, told_of
from models.domain import Event, FactValue, Id, Noun, Outcome, Word

if TYPE_CHECKING:
    from api.deliveries import Delivered
    from api.taps import Meaning, Tap
    from api.telling import Told
    from models.domain import OutcomeKind

MOST_BYTES = 3_000_000
"""What the platform sends at most."""
PERSON_INTENT = "talk_to_person"
"""The intent of the contact that a tap on the way out to a person is."""
UNKNOWN_REASON = "unknown"
OUTCOMES: Mapping[Meaning, OutcomeKind] = {
    "take": "accepted",
    "answer": "accepted",
    "none": "declined",
    "shown": "shown",
}
"""What a tap or a status says of each proposal it means."""


class Delivery(BaseModel):
    """A webhook body of the WhatsApp Cloud API. Anything may be in it; messages and statuses below `entry[].changes[].value` are read."""

    model_config = ConfigDict(extra="allow")

    object: str = "whatsapp_business_account"
    entry: Annotated[list[dict[str, Any]], Field(description="messages and statuses")] = []


class Meant(Noun):
    """What one message or status came to. `answer` is what was chosen: send it with the next question as the fact, or the motive."""

    message_id: str
    meaning: Literal["take", "answer", "none", "person", "shown", "ignored"]
    why: Annotated[str | None, Field(description="of what was ignored")] = None
    customer_id: Id | None = None
    contact_id: Id | None = None
    decision_id: Id | None = None
    action_ids: tuple[Id, ...] = ()
    fact: Annotated[Word | None, Field(description="what a question asked; null for the motive")] = None
    answer: FactValue | None = None
    new: Annotated[bool, Field(description="false when it was known, or changed nothing")] = False


class Understood(Noun):
    """One row for each message and status, statuses first, in the order of the delivery."""

    results: tuple[Meant, ...]


@dataclass(frozen=True)
class Reading:
    """What follows from one delivered tap."""

    meant: Meant
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def ids(self) -> set[str]:
        return {outcome.outcome_id for outcome in self.outcomes} | {event.event_id for event in self.events}


@operation(
    "GET",
    "/v1/outcomes/from/whatsapp",
    "The platform asks whether this address is meant",
    scope=None,
    gives_media="text/plain",
    example_out="1158201444",
    problems=(403,),
    parameters={
        "hub.mode": "subscribe",
        "hub.verify_token": "what BEHOUD_WHATSAPP_VERIFY says",
        "hub.challenge": "given back",
    },
)
async def subscribed(request: Request) -> Response:
    given = request.query_params.get("hub.verify_token", "").encode()
    known = service_of(request).settings.whatsapp_verify.encode()
    matches = hmac.compare_digest(given, known)
    if not known or not matches or request.query_params.get("hub.mode") != "subscribe":
        raise ForbiddenError("hub.verify_token is not what BEHOUD_WHATSAPP_VERIFY says; set both alike")
    return Response(request.query_params.get("hub.challenge", "")[:200], media_type="text/plain")


@operation(
    "POST",
    "/v1/outcomes/from/whatsapp",
    "What customers tapped, and what was sent to them",
    scope=None,
    signature=SIGNATURE,
    takes=Delivery,
    gives=Understood,
    problems=(503,),
    example_in=DELIVERY_EXAMPLE,
    example_out=UNDERSTOOD_EXAMPLE,
)
async def delivered(request: Request) -> Response:
    service = service_of(request)
    body = await read_body(request, MOST_BYTES)
    check_signature(service.settings.whatsapp_secret, body, request.headers.get(SIGNATURE))
    well_formed(body)
    received = service.clock()
    found = [item.until(received) for item in read(body)]
    try:
        records = await records_of(service, [item.tap.decision_id for item in found if item.tap is not None])
        told = told_of(service, records)
        readings = [_reading(item, records, told) for item in found]
        outcomes = [outcome for reading in readings for outcome in reading.outcomes]
        events = [event for reading in readings for event in reading.events]
        written = await outcomes_in(service, outcomes, told, received, events)
    except StoreAwayError:
        raise UnavailableError(
            "the store does not take outcomes now; deliver the same again, as the platform does"
        ) from None
    fresh = {
        one.outcome_id for one, status in zip(outcomes, written.outcomes, strict=True) if status != "known"
    }
    fresh |= {one.event_id for one, status in zip(events, written.events, strict=True) if status != "known"}
    results = tuple(
        reading.meant.model_copy(update={"new": not fresh.isdisjoint(reading.ids)}) for reading in readings
    )
    return Response(Understood(results=results).model_dump_json(exclude_none=True), media_type=JSON)


def _reading(item: Delivered, records: Mapping[str, bytes], told: Mapping[str, Told]) -> Reading:
    """A tap held against its decision: only what was proposed in it can have been tapped."""
    tap = item.tap
    if tap is None:
        return _ignored(item, item.why)
    if tap.decision_id not in told:
        return _ignored(item, "no such decision; it was not recorded or has expired")
    decision = orjson.loads(answer_of(records[tap.decision_id]))
    proposals = [
        row for row in decision["proposals"] if row["action_id"] == tap.action_id or row["rank"] in tap.ranks
    ]
    answers = [answer for row in proposals for answer in (row.get("question") or {"answers": []})["answers"]]
    if len(proposals) != len(tap.ranks) + (tap.action_id is not None):
        return _ignored(item, "not proposed in that decision")
    if tap.place is not None and tap.place >= len(answers):
        return _ignored(item, "no such answer to that question")
    return _read(item, tap, told[tap.decision_id], proposals)


def _read(item: Delivered, tap: Tap, told: Told, proposals: list[dict[str, Any]]) -> Reading:
    meant = Meant(
        message_id=item.message_id,
        meaning=tap.meaning,
        customer_id=told.customer_id,
        contact_id=told.contact_id,
        decision_id=tap.decision_id,
        action_ids=tuple(row["action_id"] for row in proposals),
    )
    if tap.meaning == "person":
        return Reading(meant, events=[_contact(item, told, intent=PERSON_INTENT)])
    outcomes = [_outcome(item, tap.decision_id, row["action_id"], OUTCOMES[tap.meaning]) for row in proposals]
    if tap.place is None:
        return Reading(meant, outcomes)
    question = proposals[0]["question"]
    value = question["answers"][tap.place]["value"]
    meant = meant.model_copy(update={"fact": question["fact"], "answer": value})
    said = [_contact(item, told, motive=value, motive_source="stated")] if question["motive"] else []
    return Reading(meant, outcomes, said)


def _ignored(item: Delivered, why: str) -> Reading:
    return Reading(Meant(message_id=item.message_id, meaning="ignored", why=why))


def _outcome(item: Delivered, decision_id: str, action_id: str, kind: OutcomeKind) -> Outcome:
    """Known by the message it was told in: however often that is delivered, it is one outcome. All statuses of a message are one.

    A second tap is an outcome of its own: after a withdrawal it is a new yes, and otherwise says again what counts once.
    """
    return Outcome.model_validate(
        {
            "outcome_id": _id(item.message_id, action_id),
            "decision_id": decision_id,
            "action_id": action_id,
            "kind": kind,
            "at": item.at,
            "reason": UNKNOWN_REASON if kind == "declined" else None,
        }
    )


def _contact(item: Delivered, told: Told, **said: Any) -> Event:
    """A turn of the same conversation, which says something new."""
    return Event.model_validate(
        {
            "event_id": _id(item.message_id, "contact"),
            "customer_id": told.customer_id,
            "kind": "contact",
            "at": item.at,
            "channel": told.channel,
            "direction": "inbound",
            "contact_id": told.contact_id,
            **said,
        }
    )


def _id(message_id: str, about: str) -> str:
    return f"wa-{hashlib.sha256(f'{message_id} {about}'.encode()).hexdigest()[:32]}"
