"""Why not, and what would do, at the example provider.

The grounds are read of every veto of a thousand random decisions. What would do takes longer: it is asked of every vetoed action of
fifty others, and each answer is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, get_args

from models.changes import Question, applied
from models.counterfactual import Counterfactuals, with_would_be
from models.decision import decide
from models.domain import (
    Agent,
    Channel,
    Contact,
    Customer,
    DecisionRequest,
    Event,
    EventKind,
    History,
    Holding,
    OutcomeKind,
    PastOutcome,
)
from models.obstacles import look
from models.response import Decision
from models.sections.facts import FactSpec
from tests.scenarios.test_telecom import KNOWLEDGE

POLICY, CATALOGUE = KNOWLEDGE.policy, KNOWLEDGE.catalogue
ROWS = {action.id: row for row, action in enumerate(CATALOGUE.actions)}
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DECISIONS, ASKED = 1_000, 50
"""Of so many random decisions every veto is read; of so many others every vetoed action is asked what would do."""
INTENTS = (None, None, "moving", *POLICY.leaving.intents, *POLICY.leaving.confirmed)
SUBJECTS = (None, None, None, "internet", "wifi", "tv", "bill", "privacy", "lost_phone", "bereavement")


def test_every_veto_names_its_grounds() -> None:
    dice = Random(3)
    for _ in range(DECISIONS):
        for veto in decided(anybody(dice)).vetoes:
            assert veto.rule
            assert "@" in veto.version
            assert veto.values, veto


def test_most_vetoed_actions_know_what_would_do_and_all_that_do_are_right() -> None:
    dice = Random(4)
    asked = told = 0
    for number in range(ASKED):
        question = anybody(dice)
        # Those that are eligible and stood behind better ones count as well, and need nothing changed.
        stopped = sorted({veto.action_id for veto in decided(question).vetoes})
        found = Counterfactuals(question, KNOWLEDGE)
        for action_id in stopped:
            asked += 1
            would_be = found.would_be(ROWS[action_id], "nl" if number % 2 else "en")
            if would_be is not None:
                told += 1
                changes = {change.path: change.to for change in would_be.changes}
                hidden = [path for path, to in changes.items() if to is None]
                assert [path for path in hidden if not path.startswith("customer.consents.")] == []
                after = look(applied(changes, question, POLICY), KNOWLEDGE)
                assert ROWS[action_id] in after.screened.eligible, (action_id, would_be)
    assert asked >= ASKED * len(ROWS) / 2
    assert told / asked >= 0.6, told / asked


def test_a_decision_tells_it_with_each_veto_and_what_is_told_can_be_asked_again() -> None:
    dice = Random(5)
    for _ in range(6):
        question = anybody(dice)
        decision = with_would_be(decided(question), question, KNOWLEDGE)
        told = {veto.action_id: veto.would_be_offered_if for veto in decision.vetoes}
        assert any(told.values())
        for veto in decision.vetoes:
            assert veto.tier != "arbitration" or veto.would_be_offered_if is None
        for action_id, would_be in dice.sample(sorted(told.items()), 10):
            if would_be is not None:
                changes = {change.path: change.to for change in would_be.changes}
                after = decided(applied(changes, question, POLICY))
                tiers = {veto.tier for veto in after.vetoes if veto.action_id == action_id}
                assert tiers <= {"arbitration"}


def test_what_is_told_while_the_store_is_away_is_right() -> None:
    dice, told = Random(9), 0
    for _ in range(8):
        question = anybody(dice)._replace(history=History())
        decision = with_would_be(decided(question, "store"), question, KNOWLEDGE)
        found = {veto.action_id: veto.would_be_offered_if for veto in decision.vetoes}
        for action_id, would_be in dice.sample(sorted(found.items()), 20):
            if would_be is not None:
                told += 1
                changes = {change.path: change.to for change in would_be.changes}
                after = decided(applied(changes, question, POLICY), "store")
                tiers = {veto.tier for veto in after.vetoes if veto.action_id == action_id}
                assert tiers <= {"arbitration"}, (action_id, would_be)
    assert told


def test_no_change_of_what_is_told_can_be_left_out() -> None:
    dice = Random(6)
    for _ in range(20):
        question = anybody(dice)
        found = Counterfactuals(question, KNOWLEDGE)
        for row in dice.sample(range(len(ROWS)), 6):
            would_be = found.would_be(row, "en")
            changes = {} if would_be is None else {change.path: change.to for change in would_be.changes}
            for path in changes:
                fewer = {other: to for other, to in changes.items() if other != path}
                assert row not in look(applied(fewer, question, POLICY), KNOWLEDGE).screened.eligible


def test_what_nobody_can_change_is_never_asked_for() -> None:
    dice = Random(8)
    fixed = {f"customer.{name}" for name, spec in POLICY.facts.items() if spec.fixed}
    assert fixed == {
        f"customer.{name}" for name in ("tenure_months", "age", "region", "vulnerable", "former_customer")
    }
    for _ in range(40):
        question = anybody(dice)
        found = Counterfactuals(question, KNOWLEDGE)
        for row in dice.sample(range(len(ROWS)), 6):
            would_be = found.would_be(row, "en")
            if would_be is not None:
                assert [c for c in would_be.changes if c.path in fixed and c.was is not None] == []


# --- anybody -----------------------------------------------------------------------------------------------------------


def decided(question: Question, *lost: str) -> Decision:
    request, customer, history, now = question
    full = request.model_copy(update={"detail": "full"})
    return decide(full, customer, history, KNOWLEDGE, now=now, decision_id="p00-1", degraded=lost)


def anybody(dice: Random) -> Question:
    """A customer of any kind in a contact of any kind, as much of him known as happens to be."""
    channel = dice.choice((*get_args(Channel), "voice", "voice"))
    contact = Contact(
        contact_id="K-1",
        channel=channel,
        direction=dice.choice(("inbound", "inbound", "outbound")),
        intent=dice.choice(INTENTS),
        motive=dice.choice((None, None, *POLICY.leaving.motives)),
        subject=dice.choice(SUBJECTS),
        agent=dice.choice((None, Agent(agent_id="A-1", authority=dice.choice((None, 4.0, 10.0))))),
        queue_load=dice.choice((None, 0.5, 1.2)),
    )
    customer = Customer(
        customer_id="C-1",
        holdings=tuple(Holding(product_id=p.id) for p in dice.sample(CATALOGUE.products, dice.randint(0, 5))),
        facts={name: any_value(dice, spec) for name, spec in POLICY.facts.items() if dice.random() < 0.7},
        consents={name: dice.random() < 0.7 for name in POLICY.consents if dice.random() < 0.6},
    )
    events = [any_event(dice, number, channel) for number in range(dice.choice((0, 0, 1, 3, 6, 12)))]
    outcomes = [any_outcome(dice, number, channel) for number in range(dice.choice((0, 0, 1, 3, 6)))]
    return Question(
        DecisionRequest(customer_id="C-1", contact=contact),
        customer,
        History(events=tuple(events), outcomes=tuple(outcomes)),
        NOW,
    )


def any_value(dice: Random, spec: FactSpec) -> Any:
    if spec.type == "boolean":
        return dice.random() < 0.3
    if spec.type == "string":
        return dice.choice(spec.values)
    low, high = spec.minimum or 0.0, spec.maximum or 0.0
    if spec.type == "integer":
        return dice.randint(int(low), int(high))
    return round(low + (high - low) * dice.random() ** 4, 2)  # small figures are the common ones


def before(dice: Random) -> datetime:
    return NOW - timedelta(days=dice.random() * dice.choice((5, 40, 300)))


def any_event(dice: Random, number: int, channel: Channel) -> Event:
    at = before(dice)
    fields: Mapping[str, dict[str, Any]] = {
        "contact": {
            "contact_id": f"K0-{number}",
            "channel": channel,
            "direction": "inbound",
            "subject": dice.choice((None, "internet")),
            "intent": dice.choice((None, None, None, "cancel")),
        },
        "promise": {"due": at + timedelta(days=dice.random() * 10)},
        "feedback": {"score": dice.randint(0, 10)},
        "information": {"subject": dice.choice(("cancelling", "speed"))},
        "interest": {"product_id": dice.choice(CATALOGUE.products).id},
        "outage": {"hours": dice.choice((None, 3.0, 30.0))},
    }
    kind = dice.choice(("contact", "contact", *get_args(EventKind)))
    return Event(event_id=f"E-{number}", customer_id="C-1", kind=kind, at=at, **fields.get(kind, {}))


def any_outcome(dice: Random, number: int, channel: Channel) -> PastOutcome:
    action, kind = dice.choice(CATALOGUE.actions), dice.choice(get_args(OutcomeKind))
    return PastOutcome(
        outcome_id=f"O-{number}",
        decision_id=f"p00-{number}",
        customer_id="C-1",
        contact_id=f"K0-{number}",
        channel=channel,
        action_id=action.id,
        action_kind=action.kind,
        family=action.family,
        kind=kind,
        at=before(dice),
        reason=dice.choice(("too_expensive", "not_now")) if kind in {"declined", "skipped"} else None,
    )
