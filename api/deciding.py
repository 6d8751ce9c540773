"""Around the pure decision: load before it, record after it, and go on without either."""

from __future__ import annotations

import hashlib
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from api.bodies import well_formed
from api.connection import StoreAwayError
from api.deadline import Deadline, in_time
from api.explaining import in_full, without_explanation
from api.ids import decision_id
from api.known import NOTHING, Known, known_of
from api.moments import not_undone
from api.records import answer_of, compose
from api.scripts import Loaded, Trace
from api.tracing import stage
from api.unrecorded import LATE, keep
from api.vocabulary import check_request
from models.changes import Question
from models.decision import CHAMPION, decide
from models.domain import DecisionRequest, History
from models.journal import EXPLANATION
from models.lesson import lesson_of
from models.motive import said_by
from models.response import Decision
from models.turns import told

if TYPE_CHECKING:
    from datetime import datetime

    from api.service import Service
    from models.knowledge import Knowledge

log = logging.getLogger("behoud.deciding")

MEANT = {"missing": "facts", "unknown": "holdings"}
"""What is counted where the answer names each fact and product."""


def as_json(decision: Decision, **filled: Any) -> bytes:
    """What pydantic writes, in a third of its time: a noun's fields are its dictionary, in their order. `filled` are fields to write otherwise."""
    return orjson.dumps(vars(decision) | filled, default=vars, option=orjson.OPT_UTC_Z)


class Haste(NamedTuple):
    """What is missing already, and when the caller must have his answer."""

    lost: tuple[str, ...] = ()
    deadline: Deadline | None = None


UNHURRIED = Haste()
TOO_LATE: Final[tuple[Loaded | None, str]] = (None, "late")
"""What was not loaded in the caller's time."""


class About(NamedTuple):
    """What a decision is about; `asked` are the bytes of the question and `digest` their hash."""

    service: Service
    knowledge: Knowledge
    question: DecisionRequest
    asked: bytes
    digest: str
    sold_out: frozenset[str]
    now: datetime
    deadline: Deadline | None
    took_ms: float
    started: float


async def answer(service: Service, question: DecisionRequest, body: bytes, haste: Haste = UNHURRIED) -> bytes:
    """The decision as JSON: the stored one when this question was answered at this revision, else a new one.

    Raises:
        InvalidError: facts or products nobody knows.
    """
    started = perf_counter()
    knowledge = service.library.current
    check_request(question, knowledge.catalogue, knowledge.policy)
    asked = well_formed(body)
    digest = hashlib.blake2b(asked, digest_size=16).hexdigest()
    now = service.clock()
    loading = _load(service, question.customer_id, digest)
    loaded, why = await in_time(haste.deadline, loading, TOO_LATE)
    if loaded is not None and loaded.stored is not None:
        return _counted(service, question, answer_of(loaded.stored), "known", started)
    sold_out = service.stock.sold_out
    known = known_of(service, question.customer_id, loaded, why, haste.lost)
    now = not_undone(known.history, now)
    experiment = CHAMPION
    if service.library.flagging is not None:
        asking = service.library.assigned(question.customer_id, knowledge)
        usual = (knowledge, CHAMPION, ("flags",))
        knowledge, experiment, lost = await in_time(haste.deadline, asking, usual)
        known = known.without(*lost)
    # What is not recorded teaches nobody, and its cost would not be counted.
    rate = 0.0 if loaded is None else service.exploration.rate(knowledge, question, known.history, now)
    rate, known = _narrowed(service, rate, known)

    def decided(known: Known, explore: float) -> Decision:
        return decide(
            question,
            known.customer,
            known.history,
            knowledge,
            now=now,
            decision_id=decision_id(question.customer_id, now.timestamp()),
            degraded=known.lost,
            sold_out=sold_out,
            experiment=experiment,
            explore=explore,
        )

    with stage("decide"):
        decision = decided(known, rate)
    if question.detail == "full":
        asked_of = Question(question, known.customer, known.history, now)
        explained = await in_full(service, decision, asked_of, knowledge, sold_out, haste.deadline)
        decision = explained or without_explanation(decision, known.lost)
        known = known if explained else known.without(EXPLANATION)
    took_ms = round((perf_counter() - started) * 1000, 3)
    about = About(
        service, knowledge, question, asked, digest, sold_out, now, haste.deadline, took_ms, started
    )
    if loaded is None:
        return await _unrecorded(about, known, decision, why)
    made = as_json(decision, took_ms=took_ms)
    try:
        with stage("record"):
            earlier = await _record(
                service, _trace(about, known, decision, made, loaded.revision), haste.deadline
            )
    except StoreAwayError as error:
        why = error.why
        if any(proposal.kind == "save" for proposal in decision.proposals):
            # What comes of a decision that is not kept is told to nobody: the rounds of saving could not be counted.
            known = known._replace(history=NOTHING, history_bytes=b"{}", lost=(*known.lost, "history"))
            decision = decided(known, 0.0)
        elif decision.selection.candidates:
            decision = decided(known, 0.0)
        return await _unrecorded(about, known, decision, why)
    if earlier is not None:
        return _counted(service, question, answer_of(earlier), "known", started)
    service.exploration.count(decision, knowledge, now)
    return _finished(service, question, decision, made, started)


def _narrowed(service: Service, rate: float, known: Known) -> tuple[float, Known]:
    """The rate of exploring, which weighs many candidates against each other: not while there is too much to do."""
    if rate and service.admission.strained:
        return 0.0, known.without("candidates")
    return rate, known


async def _load(service: Service, customer_id: str, digest: str) -> tuple[Loaded | None, str]:
    """What the store has, or why it could not be had."""
    try:
        with stage("load"):
            return await service.store.load(customer_id, digest), ""
    except StoreAwayError as error:  # which the store has logged
        return None, error.why


async def _record(service: Service, trace: Trace, deadline: Deadline | None) -> bytes | None:
    if deadline is None:
        return await service.store.record(trace)
    earlier = await in_time(deadline, service.store.record(trace), b"")
    if earlier == b"":
        raise StoreAwayError("not in the caller's time", "late")
    return earlier


def _trace(about: About, known: Known, decision: Decision, made: bytes, revision: str) -> Trace:
    """`made` is the decision as it is to be kept."""
    service, question, now = about.service, about.question, about.now
    record = compose(
        about.asked,
        known.customer_bytes,
        known.history_bytes,
        orjson.dumps(known.lost),
        orjson.dumps(sorted(about.sold_out)),
        made,
    )
    lesson = lesson_of(decision, question, known.history, about.knowledge)
    day = service.exploration.day(now, about.knowledge).isoformat() if decision.selection.given_up else ""
    at, seeds = now.isoformat(), decision.selection.seeds
    return Trace(
        decision_id=decision.decision_id,
        customer_id=question.customer_id,
        record=record,
        digest=about.digest,
        revision=revision,
        at=at,
        answers_seconds=max(1, int((decision.valid_until - now).total_seconds())),
        contact_event=_contact_event(question, decision.decision_id, known.history, at),
        lesson=b"" if lesson is None else orjson.dumps(lesson),
        drawn_by="" if seeds is None else str(seeds.choice),
        given_up=round(decision.selection.given_up * 100),
        day=day,
    )


def _contact_event(question: DecisionRequest, event_id: str, history: History, at: str) -> bytes:
    """The contact as an event; nothing when the history has it.

    A contact that turns to another intent, subject or motive says so once more, so that a wish to leave is remembered; contacts are
    counted by their ids, so two turns at once do no harm.
    """
    contact = question.contact
    if told(history, contact):
        return b""
    made = {
        "event_id": event_id,
        "customer_id": question.customer_id,
        "kind": "contact",
        "at": at,
        "channel": contact.channel,
        "direction": contact.direction,
        "contact_id": contact.contact_id,
    }
    if contact.intent is not None:
        made["intent"] = contact.intent
    if contact.subject is not None:
        made["subject"] = contact.subject
    if contact.motive is not None:
        made["motive"], made["motive_source"] = contact.motive, said_by(contact)
    return orjson.dumps(made)


async def _unrecorded(about: About, known: Known, decision: Decision, why: str) -> bytes:
    """Answered all the same. The spool keeps it for the store, and for who tells what came of it; where it cannot, `record` says so."""
    spool, lost = about.service.spool, () if why == "late" else (f"why:{why}",)
    left = None if about.deadline is None else about.deadline.left
    made = as_json(decision, took_ms=about.took_ms)
    if spool is None or not await keep(spool, _trace(about, known, decision, made, LATE), left):
        lost = (*lost, "record")
    told = {"degraded": (*decision.degraded, *lost), "took_ms": about.took_ms}
    decision = decision.model_copy(update=told)
    return _finished(about.service, about.question, decision, as_json(decision), about.started)


def _finished(
    service: Service, question: DecisionRequest, decision: Decision, made: bytes, started: float
) -> bytes:
    metrics = service.metrics
    for name in {what.partition(":")[0] for what in decision.degraded} - {"why"}:
        metrics.degraded.labels(MEANT.get(name, name)).inc()
    result = "degraded" if decision.degraded else "new"
    metrics.decisions.labels(question.contact.channel, decision.mode, result).inc()
    if decision.levers_cost:
        metrics.levers_cost.inc(decision.levers_cost)
    metrics.seconds.observe(perf_counter() - started)
    return made


def _counted(service: Service, question: DecisionRequest, made: bytes, result: str, started: float) -> bytes:
    mode = orjson.loads(made)["mode"]
    service.metrics.decisions.labels(question.contact.channel, mode, result).inc()
    service.metrics.seconds.observe(perf_counter() - started)
    return made
