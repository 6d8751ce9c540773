"""From a decision to the message of its channel. What is recorded is the decision alone: rendered again, it is the same message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from api.channels import renderers
from api.connection import StoreAwayError
from api.shelf import UnknownVersionError
from models.domain import History
from models.history import fold
from models.response import Decision

if TYPE_CHECKING:
    from api.service import Service
    from models.domain import DecisionRequest
    from models.knowledge import Knowledge

WINDOW_HOURS = 24.0


def for_the_customer(question: DecisionRequest) -> tuple[DecisionRequest, bytes]:
    """The question as it is meant when no agent stands between, and as it is recorded.

    Titles are in the customer's language, and who speaks is a bot, which says so, unless the contact names an agent or says otherwise.
    """
    contact = question.contact
    if contact.speaker is None and contact.agent is None and contact.channel in renderers():
        contact = contact.model_copy(update={"speaker": "bot"})
    asked = question.model_copy(update={"contact": contact, "language": contact.language})
    return asked, asked.model_dump_json(exclude_unset=True, exclude_none=True).encode()


async def with_render(service: Service, question: DecisionRequest, made: bytes, seen: bytes) -> bytes:
    """As much of the answer as is seen, as JSON, with `render` as its last key."""
    renderer = renderers().get(question.contact.channel)
    payload = None
    if renderer is not None:
        decision = Decision.model_validate_json(made)
        wording = (await _knowledge_of(service, decision)).wording
        wordbook = wording.wordbooks[wording.language(question.contact.language)]
        window = await _in_window(service, question, decision)
        payload = renderer.render(decision, wordbook, in_window=window)
    return seen[:-1] + b',"render":' + orjson.dumps(payload) + b"}"


async def _knowledge_of(service: Service, decision: Decision) -> Knowledge:
    """What decided: texts are of one version, also when another one has come into use meanwhile. The one in use where that was not kept."""
    current = service.library.current
    mine, then = current.versions, decision.versions
    if (mine.policy, mine.catalogue) == (then.policy, then.catalogue):
        return current
    try:
        return await service.library.of(then)
    except UnknownVersionError:
        return current


async def _in_window(service: Service, question: DecisionRequest, decision: Decision) -> bool:
    """Whether the customer wrote on this channel within 24 hours; not, when nobody can tell."""
    if question.contact.direction == "inbound":
        return True
    try:
        record = await service.store.decision(decision.decision_id)
    except StoreAwayError:
        record = None
    if record is None:
        return False
    history = History.model_validate(orjson.loads(record)["history"])
    hours: float = fold(history, question.contact, decision.decided_at).get(
        "hours_since_inbound", WINDOW_HOURS
    )
    return hours < WINDOW_HOURS
