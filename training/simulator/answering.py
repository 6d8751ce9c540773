"""The contacts of a simulated provider as the service would have answered them, and what came of that: a journal to look at.

Each is decided by `decide()` with the knowledge of today. What customers answer is made up: they accept with the chance that was given, those who
wish to leave and stay more often, and those who leave hardly ever. It says nothing of how good the advice is.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from models.buckets import bucket
from models.decision import decide
from models.domain import (  # fmt: skip
    VALUED,
    Contact,
    Customer,
    DecisionRequest,
    Event,
    Flags,
    History,
    Holding,
    PastOutcome,
    partition,
)
from models.journal import DecisionRecord
from models.outcomes import BY_MOUTH
from models.response import Experiment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from models.knowledge import Knowledge
    from models.response import Decision, Proposal
    from training.simulator.calling import Call

Entry = dict[str, Any]
EXPERIMENT, ARMS = "scores-demo", ("winner", "implicit")
"""Half of the customers are answered by each of the two scores."""
SPOKEN, TELLING = 0.85, 2
"""The chance that an agent says what he is shown, and how many of them he says at most."""
STAYING, LEAVING = 1.6, 0.15
"""What those who wish to leave make of the chance that a save is accepted: who stays after all, and who leaves."""
WITHDRAWN, DEFERRED = 0.04, 0.1
CONSENTING = 0.9
AGENTS, AUTHORITY = 40, 15.0
"""Agents, and the euros of discount a month each may give."""


@dataclass(frozen=True)
class Answering:
    """`holdings`: customer -> product, since, until. `explore`: the rate at which chance had a say."""

    knowledge: Knowledge
    holdings: Mapping[str, list[tuple[str, date | None, date | None]]]
    rng: np.random.Generator
    explore: float

    def answer(self, call: Call, number: int) -> Iterator[Entry]:
        """The entries of one contact: what happened, what was decided, what became of it."""
        customer = self._customer(call)
        contact_id = f"K-{number:06d}"
        arm = ARMS[bucket(EXPERIMENT, customer.customer_id) >= 0.5]
        known = self.knowledge if arm == ARMS[0] else self.knowledge.with_(flags=Flags(propensity="implicit"))
        request = DecisionRequest(customer_id=customer.customer_id, contact=_contact(call, contact_id))
        history = History(events=(*_trouble(call, contact_id), _called(call, contact_id)))
        decision = decide(
            request,
            customer,
            history,
            known,
            now=call.at,
            decision_id=f"{partition(customer.customer_id)}-{number:06d}",
            explore=self.explore,
            experiment=Experiment(arms={EXPERIMENT: arm}),
        )
        record = DecisionRecord(request=request, customer=customer, history=history, decision=decision)
        yield from (_entry("event", one.event_id, one.customer_id, one.at, one) for one in history.events)
        yield _entry("decision", decision.decision_id, customer.customer_id, call.at, record)
        for one in self._outcomes(call, decision):
            yield _entry("outcome", one.outcome_id, one.customer_id, one.at, one)

    def _customer(self, call: Call) -> Customer:
        row, day = call.row, call.at.date()
        facts = {name: row[name] for name in self.knowledge.policy.facts if row.get(name) is not None}
        profiling = not row.get("profiling_objection", False)
        # Who objects to profiling objects to more; the others mostly do not.
        given = {name: bool(self.rng.random() < (CONSENTING if profiling else 0.3)) for name in self.knowledge.policy.consents}  # fmt: skip
        consents = given | ({"profiling": profiling} if "profiling" in given else {})
        held = [
            Holding(product_id=product, since=since)
            for product, since, until in self.holdings.get(row["customer_id"], [])
            if (since is None or since <= day) and (until is None or until > day)
        ]
        return Customer(
            customer_id=row["customer_id"],
            holdings=tuple(held),
            facts=facts,
            consents=consents,
        )

    def _outcomes(self, call: Call, decision: Decision) -> Iterator[PastOutcome]:
        """All that is shown; an agent says some of it, the first that is accepted ends the contact."""
        told, mouth = 0, call.channel in BY_MOUTH
        done = False
        for proposal in decision.proposals:
            minute = 2 * proposal.rank
            yield self._outcome(call, decision, proposal, "shown", minute)
            if done or told == TELLING or (mouth and self.rng.random() > SPOKEN):
                continue
            told += 1
            if mouth:
                yield self._outcome(call, decision, proposal, "spoken", minute + 1)
            if self.rng.random() < self._chance(call, proposal):
                done = True
                yield self._outcome(call, decision, proposal, "accepted", minute + 2)
                if proposal.kind in VALUED and self.rng.random() < WITHDRAWN:
                    yield self._outcome(call, decision, proposal, "withdrawn", 5 * 24 * 60)
            else:
                kind = "deferred" if self.rng.random() < DEFERRED else "declined"
                yield self._outcome(call, decision, proposal, kind, minute + 2)

    def _chance(self, call: Call, proposal: Proposal) -> float:
        if proposal.value is None:
            return 0.5
        if proposal.kind != "save" or not call.wishes:
            return proposal.value.p_accept
        return min(0.9, proposal.value.p_accept * (LEAVING if call.leaves else STAYING))

    def _outcome(
        self, call: Call, decision: Decision, proposal: Proposal, kind: Any, minutes: int
    ) -> PastOutcome:
        family = self.knowledge.catalogue.action[proposal.action_id].family
        return PastOutcome(
            outcome_id=f"{decision.decision_id}-{proposal.rank}-{kind}",
            decision_id=decision.decision_id,
            action_id=proposal.action_id,
            kind=kind,
            at=call.at + timedelta(minutes=minutes),
            reason="unknown" if kind == "declined" else None,
            customer_id=decision.customer_id,
            contact_id=decision.contact_id,
            channel=call.channel,
            action_kind=proposal.kind,
            family=family,
        )


def _contact(call: Call, contact_id: str) -> Contact:
    return Contact.model_validate(
        {
            "contact_id": contact_id,
            "channel": call.channel,
            "intent": call.intent,
            "motive": call.motive,
            "motive_source": None if call.motive is None else "stated",
            "subject": call.subject,
            "agent": _agent(contact_id) if call.channel in BY_MOUTH else None,
        }
    )


def _agent(contact_id: str) -> dict[str, Any]:
    return {"agent_id": f"A-{zlib.crc32(contact_id.encode()) % AGENTS + 1:02d}", "authority": AUTHORITY}


def _called(call: Call, contact_id: str) -> Event:
    return Event.model_validate(
        {
            "event_id": f"E-{contact_id}",
            "customer_id": call.row["customer_id"],
            "kind": "contact",
            "at": call.at,
            "channel": call.channel,
            "direction": "inbound",
            "contact_id": contact_id,
            "intent": call.intent,
            "subject": call.subject,
            "motive": call.motive,
            "motive_source": None if call.motive is None else "stated",
        }
    )


def _trouble(call: Call, contact_id: str) -> Iterator[Event]:
    if call.trouble:
        yield Event(
            event_id=f"E-{contact_id}-complaint",
            customer_id=call.row["customer_id"],
            kind="complaint_opened",
            at=call.at - timedelta(days=4),
            subject=call.subject,
        )


def _entry(kind: str, name: str, customer: str, at: datetime, record: Any) -> Entry:
    return {
        "partition": partition(customer),
        "kind": kind,
        "id": name,
        "customer_id": customer,
        "at": at.isoformat(),
        "record": record.model_dump_json(exclude_none=kind != "decision"),
    }
