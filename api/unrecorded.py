"""A decision the store did not take: what it leaves behind goes to the spool, so that it can be told what came of it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import orjson

from api.connection import StoreAwayError
from api.scripts import Trace
from api.spool_file import Entry

if TYPE_CHECKING:
    from api.spool import Spool

log = logging.getLogger("behoud.deciding")

WAIT_SECONDS: Final = 0.05
"""How long an answer waits for the disk."""
LATE: Final = "late"
"""In the place of a revision: what answers no other question."""
_TEXTS: Final = ("decision_id", "customer_id", "at", "answers_seconds", "drawn_by", "given_up", "day")


async def keep(spool: Spool, trace: Trace, left: float | None = None) -> bool:
    """Whether it is on disk, in the seconds the caller has `left`. What is not by then may be later: a decision waits for no slow disk."""
    putting = asyncio.ensure_future(spool.put([entry_of(trace)]))
    putting.add_done_callback(_say)
    seconds = WAIT_SECONDS if left is None else min(max(left, 0.0), WAIT_SECONDS)
    with spool.rest():
        done, _ = await asyncio.wait([putting], timeout=seconds)
    return bool(done) and putting.exception() is None


def _say(putting: asyncio.Future[None]) -> None:
    error = None if putting.cancelled() else putting.exception()
    if isinstance(error, StoreAwayError):
        log.warning("decision not kept", extra={"why": str(error)})


def entry_of(trace: Trace) -> Entry:
    """As it waits in the spool."""
    return Entry("decision", trace.decision_id.partition("-")[0], trace.decision_id, _packed(trace))


def _packed(trace: Trace) -> bytes:
    """A line of JSON, a line of the contact event, one of the lesson, and the record: JSON has no ends of lines of its own here."""
    said = {name: getattr(trace, name) for name in _TEXTS}
    return b"\n".join((orjson.dumps(said), trace.contact_event, trace.lesson, trace.record))


def trace_in(body: bytes) -> Trace:
    """What was packed. It answers no other question: whoever asks the same may have been answered otherwise meanwhile.

    Raises:
        LookupError: it was packed by other software.
    """
    said, contact_event, lesson, record = body.split(b"\n", 3)
    told = orjson.loads(said)
    if set(told) != set(_TEXTS):
        raise LookupError("its fields are others")
    return Trace(
        **told,
        record=record,
        digest=told["decision_id"],
        revision=LATE,
        contact_event=contact_event,
        lesson=lesson,
    )


def record_in(body: bytes) -> bytes:
    """The decision's record."""
    return body.split(b"\n", 3)[3]
