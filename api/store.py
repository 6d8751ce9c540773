"""What a decision loads, what it leaves behind, and what others write.

Load is one call, record is one atomic call in one slot, neither is retried: a decision that waits for a store is worth less than
one made without it. Writes that somebody waits for get more time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from api import keys
from api.ahead_outcomes import AheadOutcomes
from api.appending import DAY, event_appended, outcome_appended
from api.cluster_line import lines_to
from api.connection import (
    FAILURES,
    Call,
    StoreAwayError,
    Within,
    answering,
    reason_of,
    run_many,
)
from api.failures import AWAY, Why, why_of
from api.quarantined import Quarantined
from api.scripts import APPEND, CLAIM, CUSTOMER, LOAD, RECORD, SETTLE, Loaded, Script
from api.shadows import Shadows
from api.sums import Sums
from api.unconfirmed import Unconfirmed
from models.domain import PARTITIONS

if TYPE_CHECKING:
    from api.breaker import Breaker
    from api.scripts import Trace
    from api.stamps import Written
    from models.domain import Event, PastOutcome
    from models.sections.keeping import Keeping

log = logging.getLogger("behoud.store")

NOBODY: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({})
NOT_ASKED: Final = "not asked: it failed a moment ago"
WRITE_SECONDS = 2.0
"""How long a write that must not be lost may take."""
LOOK_SECONDS = 1.0
"""How often to look which nodes there are."""
LEAST_FIRST: Final = ("none", "no", "unknown", "everysec", "always")


class Store:
    """What the service remembers in Redis, by customer."""

    def __init__(self, url: str, timeout: float, keeping: Keeping) -> None:
        # Any: redis-py types its answers for every setting it has, and ours is bytes.
        self._patient: Any
        self._quick, self._patient = lines_to(url, timeout, max(timeout, WRITE_SECONDS))
        self.failed: Callable[[Why], None] = _nobody_counts
        """Told of every failure."""
        self.keeping = keeping
        self.ahead = AheadOutcomes(self._patient)
        self.unconfirmed = Unconfirmed(self._patient)
        self.shadows = Shadows(self._patient)
        self.sums = Sums(self._patient)
        self.quarantine = Quarantined(self._patient)

    @property
    def breaker(self) -> Breaker:
        """Of a cluster, that of the node that is worst."""
        return self._quick.breaker()

    async def close(self) -> None:
        self._quick.close()
        await self._patient.aclose()

    async def get_ready(self) -> None:
        """Connect, and bring the scripts of a decision, so that the first customer does not wait for it. A store that is away is no news yet."""
        with suppress(*FAILURES):
            async with Within(WRITE_SECONDS):
                for node in await self._patient.masters():
                    for script in (LOAD, RECORD):
                        await node.script_load(script.source)
                    await node.replication.look(node)
                await self._quick.open()

    async def look(self) -> None:
        """Look which nodes there are and what follows them; a write waits for one replica where there are any."""
        with suppress(*FAILURES):
            nodes = await self._patient.masters(afresh=True)
            await asyncio.gather(*(self._look_at(node) for node in nodes))

    async def _look_at(self, node: Any) -> None:
        with suppress(*FAILURES):
            async with Within(LOOK_SECONDS / 2):
                await node.replication.look(node)

    # --- a decision ---------------------------------------------------------------------------------------------

    async def load(self, customer_id: str, digest: str) -> Loaded:
        """Customer, history and the answer this question already has: one round trip."""
        tag = keys.tag_of(customer_id)
        answer = await self._ask(LOAD, f"{tag}customer:{customer_id}", (tag, customer_id, digest))
        return Loaded.of(answer)

    async def record(self, trace: Trace) -> bytes | None:
        """Record, journal and contact at once. Answers the record of whoever was first with the same question."""
        key, values = self._recorded(trace)
        earlier: bytes | None = await self._ask(RECORD, key, values)
        if earlier is None:
            self.unconfirmed.add(trace)
        return earlier

    async def record_late(self, traces: Sequence[Trace]) -> None:
        """Decisions that were answered already: each is recorded once, whoever else asked the same."""
        await self._write(RECORD, [self._recorded(trace) for trace in traces])

    def _recorded(self, trace: Trace) -> Call:
        tag = keys.tag_of(trace.customer_id)
        values = (
            tag,
            trace.customer_id,
            f"{trace.revision}:{trace.digest}",
            trace.decision_id,
            trace.record,
            self.keeping.decision_days * DAY,
            trace.answers_seconds,
            trace.at,
            trace.contact_event,
            self.keeping.history_items,
            trace.lesson,
            trace.drawn_by,
            trace.given_up,
            trace.day,
        )
        return f"{tag}decision:{trace.decision_id}", values

    async def claim(self, name: str, claim: bytes, seconds: int) -> bytes | None:
        """What is kept under this name; None when the claim stands now."""
        there: bytes | None = await self._ask(CLAIM, keys.once(name), (claim, seconds))
        return there

    async def settle(self, name: str, claim: bytes, answer: bytes, seconds: int) -> None:
        """Put the answer in the place of the claim, if that still stands; an empty one takes it away."""
        await self._ask(SETTLE, keys.once(name), (claim, answer, seconds))

    async def _ask(
        self, script: Script, key: str, values: tuple[Any, ...], *, opening: float | None = None
    ) -> Any:
        """One script call of a live decision: quick, and not at all while the breaker is open. Who may take so many seconds connects before it, if need be."""
        breaker = self._quick.breaker(key)
        if not breaker.admits():
            raise StoreAwayError(NOT_ASKED, breaker.why)
        began = breaker.clock()
        try:
            if opening is not None:
                async with Within(opening):
                    await self._quick.open(key)
            answer = await self._quick.run(script, key, values)
        except FAILURES as error:
            why = why_of(error)
            if why in AWAY:
                breaker.failed(breaker.clock() - began, why)
            else:  # it answers, and only this call is lost
                breaker.succeeded()
            self.failed(why)
            said = {"why": reason_of(error), "key": key, "failures": breaker.failures}
            log.warning("the store failed", extra=said)
            raise StoreAwayError(reason_of(error), why) from error
        breaker.succeeded()
        return answer

    def is_asked(self, partition: str = "") -> bool:
        """Whether it is asked about this partition, or any: not while it has failed often enough."""
        return not self._quick.breaker(f"{{{partition}}}:" if partition else "").is_open

    def check_asked(self) -> None:
        """For who can do without it. Raises StoreAwayError while it is not asked because of failures."""
        if not self.is_asked():
            raise StoreAwayError(NOT_ASKED, self.breaker.why)

    async def probe(self) -> None:
        """While it is not asked because of failures: whether it answers again, so that no decision has to find out.

        To connect takes several turns of the event loop, which a process with too much to do does not make in the time of a decision.
        """
        for number in range(PARTITIONS) if not self.is_asked() else ():
            tag = f"{{p{number:02d}}}:"
            if self._quick.breaker(tag).is_open:
                with suppress(StoreAwayError):
                    await self._ask(LOAD, f"{tag}customer:", (tag, "", ""), opening=LOOK_SECONDS)

    # --- what others write --------------------------------------------------------------------------------------

    async def append_events(self, events: Sequence[Event], received: datetime) -> list[bool]:
        """Which of the events were new; a known one changes nothing. Contacts, and what may still be open, have lists of their own."""
        return await self._write(APPEND, [event_appended(event, received, self.keeping) for event in events])

    async def append_outcomes(
        self,
        outcomes: Sequence[PastOutcome],
        received: datetime,
        limited: Collection[str] = (),
        arms: Mapping[str, Mapping[str, str]] = NOBODY,
    ) -> list[bool]:
        """Which of the outcomes were new. Rounds of saving have a list of their own, so that nothing pushes them out.

        Of the actions that are `limited` it is counted how often they were taken. `arms`: decision -> experiment -> arm; what the
        customer was told of exposes him to them, once each.
        """
        wanted = [outcome_appended(outcome, received, self.keeping, limited, arms) for outcome in outcomes]
        return await self._write(APPEND, wanted)

    async def put_customers(self, written: Sequence[Written], *, late: bool = False) -> list[bool]:
        """Which of the customers this changed. What comes `late` never takes the place of what was written after it."""
        wanted: list[Call] = []
        for one in written:
            tag, name = keys.tag_of(one.customer.customer_id), one.customer.customer_id
            said = one.customer.model_dump_json().encode()
            values = (tag, name, said, one.stamp, one.writer, int(late))
            wanted.append((f"{tag}customer:{name}", values))
        return await self._write(CUSTOMER, wanted)

    async def _write(self, script: Script, wanted: Sequence[Call]) -> list[bool]:
        """Many calls of one script, in order, in one round trip. Each is atomic; sending all again does no harm.

        Raises:
            StoreAwayError: part of it may have been written; UnconfirmedError where it was and no replica has it.
        """
        if not wanted:
            return []
        breakers = {id(found): found for found in (self._quick.breaker(key) for key, _ in wanted)}
        [breaker, *others] = breakers.values()
        began = breaker.clock()
        try:
            return [answer == 1 for answer in await run_many(self._patient, script, wanted, confirmed=True)]
        except StoreAwayError as error:
            if error.why in AWAY and not others:  # else nobody can say which of the nodes it was
                breaker.failed(breaker.clock() - began, error.why)
            raise

    # --- what is read one by one --------------------------------------------------------------------------------

    async def customer(self, customer_id: str) -> bytes | None:
        return await self._read(f"{keys.tag_of(customer_id)}customer:{customer_id}")

    async def decision(self, decision_id: str) -> bytes | None:
        return await self._read(keys.decision(decision_id))

    async def decisions(self, decision_ids: Sequence[str]) -> list[bytes | None]:
        """The records of several decisions, in their order, in one round trip."""
        with answering():
            async with self._patient.pipeline(transaction=False) as pipe:
                for decision_id in decision_ids:
                    pipe.get(keys.decision(decision_id))
                found: list[Any] = await pipe.execute(raise_on_error=False)
            for answer in found:
                if isinstance(answer, Exception) and why_of(answer) != "refused":
                    raise answer
        # Under the key of one lies something else: that is no reason to have none of the others.
        return [None if isinstance(answer, Exception) else answer for answer in found]

    async def latest_decisions(self, most: int) -> list[str]:
        """Ids of the latest decisions the journal still holds, the newest first, at most so many.

        Of each partition the newest entries are read, eight times its share, so that events and outcomes between them do no harm.
        """
        each = -(-8 * most // PARTITIONS)
        found: list[tuple[int, int, str]] = []
        with answering():
            for number in range(PARTITIONS):
                entries = await self._patient.xrevrange(keys.journal(number), count=each)
                for entry, told in entries:
                    if told[b"kind"] == b"decision":
                        moment, _, place = entry.decode().partition("-")
                        found.append((int(moment), int(place), told[b"id"].decode()))
        return [decision_id for _, _, decision_id in sorted(found, reverse=True)[:most]]

    async def customer_ids(self) -> AsyncIterator[list[str]]:
        """Everybody stored, some hundreds at a time and in no order; one who is written meanwhile may come twice."""
        with answering():
            nodes = await self._patient.masters()
        for node in nodes:
            cursor = None
            while cursor != 0:
                with answering():
                    cursor, found = await node.scan(cursor or 0, match=keys.CUSTOMERS, count=500)
                yield [key.decode().partition(":customer:")[2] for key in found]

    async def some_customers(self, most: int) -> list[str]:
        """At most so many of those stored, in no order, without looking at the others."""
        found: list[str] = []
        async for names in self.customer_ids():
            found += names
            if len(found) >= most:
                break
        return list(dict.fromkeys(found))[:most]

    async def known(self, customer_ids: Sequence[str]) -> list[Loaded]:
        """What is stored of several customers, in their order, in one round trip."""
        tags = [(keys.tag_of(name), name) for name in customer_ids]
        answers = await run_many(
            self._patient, LOAD, [(f"{tag}customer:{name}", (tag, name, "")) for tag, name in tags]
        )
        return [Loaded.of(answer) for answer in answers]

    async def learned(self) -> bytes | None:
        """The bytes of the learned snapshot."""
        return await self._read(keys.LEARNED)

    async def learned_until(self) -> bytes | None:
        """Up to which moment the learner has counted everything; None where none ever ran."""
        return await self._read(keys.BEAT)

    async def rolled_back(self) -> bytes | None:
        """What people have gone back from."""
        return await self._read(keys.ROLLED_BACK)

    async def roll_back(self, told: bytes) -> None:
        """Tell all replicas what people have gone back from."""
        with answering():
            await self._patient.set(keys.ROLLED_BACK, told)

    async def _read(self, key: str) -> bytes | None:
        with answering():
            found: bytes | None = await self._patient.get(key)
        return found

    # --- documents, kept by the hash of their bytes ------------------------------------------------------------------

    async def shelve(self, version: str, documents: Mapping[str, bytes], seconds: int | None = None) -> None:
        """For so many seconds from now, or for ever."""
        with answering():
            await self._patient.hset(keys.shelf(version), mapping=dict(documents))
            if seconds is not None:
                await self._patient.expire(keys.shelf(version), seconds)

    async def shelved(self, version: str) -> dict[str, bytes]:
        """The files kept under a version; none when it was never kept."""
        with answering():
            found: dict[bytes, bytes] = await self._patient.hgetall(keys.shelf(version))
        return {name.decode(): data for name, data in found.items()}

    async def durability(self) -> str:
        """What the servers promise about an acknowledged write: `always`, `everysec`, `no`, or `none` without a file; of several, the least."""
        with answering():
            found = [await node.config_get("append*") for node in await self._patient.masters()]
        return min((_durability(settings) for settings in found), key=LEAST_FIRST.index)


def _durability(found: Mapping[Any, Any]) -> str:
    settings = {_text(name): _text(value) for name, value in found.items()}
    return settings.get("appendfsync", "unknown") if settings.get("appendonly") == "yes" else "none"


def _nobody_counts(_why: Why) -> None:
    """Of commands nobody reads the figures."""


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
