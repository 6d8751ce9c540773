"""The records of the journal, and deciding an old decision again from its own."""

from __future__ import annotations

from typing import Final

import numpy as np

from models.changes import Question
from models.counterfactual import with_would_be
from models.decision import decide, weigh
from models.domain import Customer, DecisionRequest, History, Id, Noun
from models.knowledge import Knowledge
from models.pacing import Choice
from models.pricing import discounts_given
from models.response import Decision
from models.value import present_weights

EXPLANATION: Final = "explanation"
"""What is missing where full detail was asked for and there was no time to find what would lift each veto."""


class DecisionRecord(Noun):
    """Everything one decision was made from. `customer` is absent when nothing was stored or the store was away."""

    request: DecisionRequest
    customer: Customer | None
    history: History
    degraded_in: tuple[str, ...] = ()
    sold_out: tuple[Id, ...] = ()
    decision: Decision


def in_full(record: DecisionRecord) -> DecisionRecord:
    """The same question, asked for every veto and term, with all the time there is."""
    request = record.request.model_copy(update={"detail": "full"})
    missing = tuple(what for what in record.degraded_in if what != EXPLANATION)
    return record.model_copy(update={"request": request, "degraded_in": missing})


def answered(record: DecisionRecord, knowledge: Knowledge) -> Decision:
    """`replay` as the service answers: in full detail each veto also says what would lift it, which takes a millisecond an action."""
    decision = replay(record, knowledge)
    if record.request.detail != "full" or EXPLANATION in record.degraded_in:
        return decision
    customer = record.customer or Customer(customer_id=record.request.customer_id)
    question = Question(record.request, customer, record.history, record.decision.decided_at)
    return with_would_be(decision, question, knowledge, frozenset(record.sold_out))


def replay(record: DecisionRecord, knowledge: Knowledge) -> Decision:
    """The same question decided again with the knowledge it was decided with then: all but `took_ms` comes out the same."""
    decision = record.decision
    customer = record.customer or Customer(customer_id=record.request.customer_id)
    return decide(
        record.request,
        customer,
        record.history,
        knowledge,
        now=decision.decided_at,
        decision_id=decision.decision_id,
        degraded=record.degraded_in,
        sold_out=frozenset(record.sold_out),
        explore=decision.selection.rate,
        # Who is left out of proposals is found anew: another policy may leave out others.
        experiment=decision.experiment.model_copy(update={"holdout": False}),
    )


def choice_of(record: DecisionRecord, knowledge: Knowledge) -> Choice:
    """What could have been proposed in this contact, by what is known now: the value of each action and the discount it is expected to give.

    Nothing where nothing was priced: of someone who objects to profiling, or where no offer or save was eligible.
    """
    worth = weigh(
        record.request,
        record.customer or Customer(customer_id=record.request.customer_id),
        record.history,
        knowledge,
        now=record.decision.decided_at,
        degraded=record.degraded_in,
        sold_out=frozenset(record.sold_out),
    )
    if worth.priced is None or worth.expected is None:
        return Choice(np.zeros(0), np.zeros(0))
    outlook, options = worth.expected.outlook, worth.priced.options
    weights = present_weights(outlook.hazard, outlook.yearly_discount, outlook.other)
    rows = np.array(worth.priced.index, dtype=np.intp)
    kept = np.array(options.p) * (1.0 - np.array(options.rho))
    given = kept * discounts_given(rows, weights, knowledge.tariff)
    return Choice(np.array(worth.priced.priced.eiv), given)
