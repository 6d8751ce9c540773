"""Runs scenarios: makes the customer, the history and the question, decides, and says where the answer is not as expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from models.catalogue import with_actions
from models.decision import decide
from models.domain import Agent, Contact, Customer, DecisionRequest, Event, History, Holding, PastOutcome
from models.knowledge import build_knowledge
from models.response import Decision
from models.scenario_judge import judge

if TYPE_CHECKING:
    from models.documents import Problem
    from models.knowledge import Knowledge
    from models.scenarios import Call, Past, PastAnswer, PastEvent, Scenario, Scenarios

CUSTOMER = "C-1"
THIS_CONTACT = "now"
"""The id of the contact at hand; an event that names it happened in this conversation."""


@dataclass(frozen=True)
class Outcome:
    """How one scenario went; it passed when `failures` is empty."""

    name: str
    failures: tuple[Problem, ...]
    decision: Decision


def run_scenarios(file: Scenarios, knowledge: Knowledge) -> tuple[Outcome, ...]:
    """Decide every scenario of the file, in its order."""
    return tuple(_run(index, scenario, file, knowledge) for index, scenario in enumerate(file.scenarios))


def _run(index: int, scenario: Scenario, file: Scenarios, knowledge: Knowledge) -> Outcome:
    decision = decide_scenario(scenario, knowledge)
    failures = tuple(
        file.document.problem(("scenarios", index, "expect", *key), message)
        for key, message in judge(scenario.expect, decision)
    )
    return Outcome(scenario.name, failures, decision)


def decide_scenario(scenario: Scenario, knowledge: Knowledge) -> Decision:
    """The decision in the situation a scenario describes. Raises ValueError when it has no `now`."""
    request, customer, history, now = question_of(scenario, knowledge)
    return decide(
        request,
        customer,
        history,
        knowledge_of(scenario, knowledge),
        now=now,
        decision_id="scenario",
        degraded=scenario.lost,
        sold_out=frozenset(scenario.sold_out),
    )


def knowledge_of(scenario: Scenario, knowledge: Knowledge) -> Knowledge:
    """What is known, with the scenario's own fields in its actions.

    Raises:
        DocumentError: with those fields the catalogue cannot be used.
    """
    if not scenario.actions:
        return knowledge
    catalogue = with_actions(knowledge.catalogue, scenario.actions)
    return build_knowledge(catalogue, knowledge.policy, wordbooks=knowledge.wording.wordbooks)


def question_of(
    scenario: Scenario, knowledge: Knowledge
) -> tuple[DecisionRequest, Customer, History, datetime]:
    """What is asked, of whom, with which past and when. Raises ValueError when the scenario has no `now`."""
    now = scenario.now
    if now is None:
        raise ValueError(f"scenario '{scenario.name}' has no 'now'; state it")
    person = scenario.customer
    name = person.id or CUSTOMER
    customer = Customer(
        customer_id=name,
        holdings=tuple(Holding(product_id=held.product, since=held.since) for held in person.holdings or ()),
        facts={name: value for name, value in person.facts.items() if value is not None},
        consents={name: value for name, value in person.consents.items() if value is not None},
    )
    request = DecisionRequest(customer_id=name, contact=_contact(scenario.contact), detail="full")
    return request, customer, _history(scenario.history, now, knowledge, name), now


def _contact(call: Call) -> Contact:
    return Contact(
        contact_id=THIS_CONTACT,
        agent=None if call.authority is None else Agent(agent_id="A-1", authority=call.authority),
        **call.model_dump(exclude={"authority"}),
    )


def _history(past: Past, now: datetime, knowledge: Knowledge, customer_id: str) -> History:
    events = [
        _event(row, number, repeat, now, customer_id)
        for number, row in enumerate(past.events)
        for repeat in range(row.times)
    ]
    outcomes = [
        _outcome(row, number, now, knowledge, customer_id) for number, row in enumerate(past.outcomes)
    ]
    return History(
        events=tuple(sorted(events, key=lambda event: event.at)),
        outcomes=tuple(sorted(outcomes, key=lambda outcome: outcome.at)),
    )


def _event(row: PastEvent, number: int, repeat: int, now: datetime, customer_id: str) -> Event:
    name = f"E-{number}-{repeat}"
    return Event(
        event_id=name,
        customer_id=customer_id,
        kind=row.kind,
        at=now - timedelta(days=row.days_ago + repeat, hours=row.hours_ago),
        channel=row.channel,
        direction=row.direction,
        contact_id=row.contact or name,
        intent=row.intent,
        subject=row.subject,
        product_id=row.product,
        hours=row.hours,
        due=None if row.due_in_days is None else now + timedelta(days=row.due_in_days),
        score=row.score,
        motive=row.motive,
    )


def _outcome(
    row: PastAnswer, number: int, now: datetime, knowledge: Knowledge, customer_id: str
) -> PastOutcome:
    action = knowledge.catalogue.action[row.action]
    return PastOutcome(
        outcome_id=f"O-{number}",
        decision_id="earlier",
        action_id=row.action,
        kind=row.kind,
        at=now - timedelta(days=row.days_ago, hours=row.hours_ago),
        reason=row.reason if row.kind in {"declined", "skipped"} else None,
        motive=row.motive,
        customer_id=customer_id,
        contact_id=row.contact,
        channel=row.channel,
        speaker=row.speaker,
        action_kind=action.kind,
        family=action.family,
    )
