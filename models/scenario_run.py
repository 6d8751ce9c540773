"""Runs scenarios: makes the customer, the history and the question, decides, and says where the answer is not as expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from models.decision import decide
from models.domain import (
    Agent,
    Contact,
    Customer,
    Decision,
    DecisionRequest,
    Event,
    History,
    Holding,
    PastOutcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.documents import Problem
    from models.knowledge import Knowledge
    from models.scenarios import Call, Expect, Past, PastAnswer, PastEvent, Scenario, Scenarios

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
    return decide(request, customer, history, knowledge, now=now, decision_id="scenario", sold_out=frozenset(scenario.sold_out))


def question_of(
    scenario: Scenario, knowledge: Knowledge
) -> tuple[DecisionRequest, Customer, History, datetime]:
    """What is asked, of whom, with which past and when. Raises ValueError when the scenario has no `now`."""
    now = scenario.now
    if now is None:
        raise ValueError(f"scenario '{scenario.name}' has no 'now'; state it")
    person = scenario.customer
    customer = Customer(
        customer_id=CUSTOMER,
        holdings=tuple(Holding(product_id=held.product, since=held.since) for held in person.holdings or ()),
        facts={name: value for name, value in person.facts.items() if value is not None},
        consents={name: value for name, value in person.consents.items() if value is not None},
    )
    request = DecisionRequest(customer_id=CUSTOMER, contact=_contact(scenario.contact), detail="full")
    return request, customer, _history(scenario.history, now, knowledge), now


def _contact(call: Call) -> Contact:
    return Contact(
        contact_id=THIS_CONTACT,
        agent=None if call.authority is None else Agent(agent_id="A-1", authority=call.authority),
        **call.model_dump(exclude={"authority"}),
    )


def _history(past: Past, now: datetime, knowledge: Knowledge) -> History:
    events = [
        _event(row, number, repeat, now)
        for number, row in enumerate(past.events)
        for repeat in range(row.times)
    ]
    outcomes = [_outcome(row, number, now, knowledge) for number, row in enumerate(past.outcomes)]
    return History(
        events=tuple(sorted(events, key=lambda event: event.at)),
        outcomes=tuple(sorted(outcomes, key=lambda outcome: outcome.at)),
    )


def _event(row: PastEvent, number: int, repeat: int, now: datetime) -> Event:
    name = f"E-{number}-{repeat}"
    return Event(
        event_id=name,
        customer_id=CUSTOMER,
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


def _outcome(row: PastAnswer, number: int, now: datetime, knowledge: Knowledge) -> PastOutcome:
    action = knowledge.catalogue.action[row.action]
    return PastOutcome(
        outcome_id=f"O-{number}",
        decision_id="earlier",
        action_id=row.action,
        kind=row.kind,
        at=now - timedelta(days=row.days_ago, hours=row.hours_ago),
        reason=row.reason if row.kind in {"declined", "skipped"} else None,
        motive=row.motive,
        customer_id=CUSTOMER,
        contact_id=row.contact,
        channel=row.channel,
        action_kind=action.kind,
        family=action.family,
    )


def judge(expect: Expect, decision: Decision) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every expectation that is not met: its key, and what came instead."""
    proposed = [proposal.action_id for proposal in decision.proposals]
    came = ", ".join(proposed) or "nothing"
    if expect.mode is not None and decision.mode != expect.mode:
        grounds = ", ".join(reason.code for reason in decision.evidence) or "no evidence"
        yield ("mode",), f"expected {expect.mode}; came {decision.mode} ({grounds})"
    for code in _absent(expect.evidence, [reason.code for reason in decision.evidence]):
        yield ("evidence",), f"expected {code}; came {_listed(reason.code for reason in decision.evidence)}"
    if expect.first is not None and proposed[:1] != [expect.first]:
        yield ("first",), f"expected {expect.first}; came {came}. {_stopped(expect.first, decision)}"
    for action_id in _absent(expect.proposes, proposed):
        yield ("proposes",), f"expected {action_id}; came {came}. {_stopped(action_id, decision)}"
    for action_id in (name for name in expect.not_proposed if name in proposed):
        yield (
            ("not_proposed",),
            f"{action_id} was proposed at rank {proposed.index(action_id) + 1}; came {came}",
        )
    if expect.nothing and proposed:
        yield ("nothing",), f"expected no proposal; came {came}"
    yield from _order(expect, proposed, decision)
    yield from _vetoes(expect, proposed, decision)
    yield from _texts(expect, decision)
    for word in _absent(expect.degraded, decision.degraded):
        yield ("degraded",), f"expected {word}; came {_listed(decision.degraded)}"


def _order(expect: Expect, proposed: list[str], decision: Decision) -> Iterator[tuple[tuple[str, ...], str]]:
    absent = _absent(expect.order, proposed)
    for action_id in absent:
        yield ("order",), f"{action_id} was not proposed. {_stopped(action_id, decision)}"
    came = [action_id for action_id in proposed if action_id in expect.order]
    if not absent and came != list(expect.order):
        yield ("order",), f"expected {_listed(expect.order)}; came {_listed(came)}"


def _vetoes(expect: Expect, proposed: list[str], decision: Decision) -> Iterator[tuple[tuple[str, ...], str]]:
    for action_id, rule in expect.vetoes.items():
        if action_id in proposed:
            yield ("vetoes", action_id), f"expected {rule} to stop it; it was proposed"
        elif rule not in {veto.rule for veto in decision.vetoes if veto.action_id == action_id}:
            yield ("vetoes", action_id), f"expected {rule} to stop it. {_stopped(action_id, decision)}"


def _texts(expect: Expect, decision: Decision) -> Iterator[tuple[tuple[str, ...], str]]:
    proposals = {proposal.action_id: proposal for proposal in decision.proposals}
    for action_id, words in expect.says.items():
        proposal = proposals.get(action_id)
        if proposal is None:
            yield ("says", action_id), f"was not proposed. {_stopped(action_id, decision)}"
        elif words not in proposal.say:
            yield ("says", action_id), f"expected '{words}'; came '{proposal.say}'"
    for action_id, codes in expect.why.items():
        proposal = proposals.get(action_id)
        if proposal is None:
            yield ("why", action_id), f"was not proposed. {_stopped(action_id, decision)}"
            continue
        given = [reason.code for reason in proposal.why]
        for code in _absent(codes, given):
            yield ("why", action_id), f"expected {code}; came {_listed(given)}"


def _stopped(action_id: str, decision: Decision) -> str:
    """Which rule kept an action from being proposed, and on what values."""
    said = [
        f"{veto.rule} ({veto.tier}: {_listed(f'{path} = {value}' for path, value in veto.values.items())})"
        for veto in decision.vetoes
        if veto.action_id == action_id
    ]
    return f"{action_id} was stopped by {_listed(said)}" if said else f"nothing stopped {action_id}"


def _absent(expected: tuple[str, ...], came: list[str] | tuple[str, ...]) -> list[str]:
    return [name for name in expected if name not in came]


def _listed(words: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    return ", ".join(words) or "none"
