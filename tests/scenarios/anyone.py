"""Anyone the telecom provider may speak to, in any contact: a scenario's situation with facts, consents, holdings, contact and history made otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple, get_args

from hypothesis import settings
from hypothesis import strategies as st

from bench.made_up import made_up_bundle
from models.actions import Action
from models.bundle import Bundle, open_bundle
from models.consents import OBJECTIONS
from models.decision import decide
from models.domain import (
    Agent,
    Channel,
    Contact,
    Customer,
    DecisionRequest,
    Direction,
    Event,
    EventKind,
    FactValue,
    Flags,
    History,
    Holding,
    OutcomeKind,
    PastOutcome,
)
from models.knowledge import Knowledge
from models.learned import Correction, Learned
from models.response import Decision
from models.scenario_run import question_of
from models.sections.facts import FactSpec
from models.situation import Situation, situation_of
from tests.scenarios.test_telecom import FILES, KNOWLEDGE

CATALOGUE, POLICY = KNOWLEDGE.catalogue, KNOWLEDGE.policy
TOLD = [question_of(scenario, KNOWLEDGE) for file in FILES for scenario in file.scenarios]
PROPOSED = [
    decide(*question[:3], KNOWLEDGE, now=question[3], decision_id="p00-1").proposals for question in TOLD
]
LEGAL = [rule for rule in POLICY.rules if rule.tier == "legal"]
FAMILIES = {family for rule in LEGAL for family in rule.applies.families}
BINDING = [
    question
    for question, proposals in zip(TOLD, PROPOSED, strict=True)
    if any(proposal.commitment.months for proposal in proposals)
]
"""The few in which something binds the customer: met more often than others."""
NAMED_IN_LAW = [
    question
    for question, proposals in zip(TOLD, PROPOSED, strict=True)
    if any(CATALOGUE.action[proposal.action_id].family in FAMILIES for proposal in proposals)
]
"""The fewer still in which something is of a family that a legal rule is about: the same."""
IN_LAW = [name for name in POLICY.facts if any(name in rule.require for rule in LEGAL)]
"""The facts that legal rules read: made otherwise more often."""
INTENTS = (None, "moving", *POLICY.leaving.intents, *POLICY.leaving.confirmed)
MESSAGES = ("voice", "email", "sms", "whatsapp")
SUBJECTS = (None, "internet", "wifi", "bill", "lost_phone", "moving", "separation", "privacy")
MOST_DAYS = 40
"""How far back that lies which is made up."""


def steadily(examples: int) -> settings:
    """The same examples at every run."""
    return settings(max_examples=examples, deadline=None, derandomize=True)


class Case(NamedTuple):
    """One question, as `decide` is asked it; `unread` says that the stored customer could not be had."""

    request: DecisionRequest
    customer: Customer
    history: History
    now: datetime
    unread: bool

    @property
    def degraded(self) -> tuple[str, ...]:
        return ("store",) if self.unread else ()

    def decided(self, knowledge: Knowledge = KNOWLEDGE) -> Decision:
        return decide(
            self.request,
            self.customer,
            self.history,
            knowledge,
            now=self.now,
            decision_id="p00-1",
            degraded=self.degraded,
        )

    def in_full(self) -> Case:
        """The same, with every veto."""
        return self._replace(request=self.request.model_copy(update={"detail": "full"}))

    def situation(self) -> Situation:
        return situation_of(
            self.request,
            self.customer,
            self.history,
            self.now,
            policy=POLICY,
            portfolios=KNOWLEDGE.portfolios,
            lost=self.degraded,
        )

    def leaving(self, intent: str) -> Case:
        """The same contact, voicing a wish to leave."""
        contact = self.request.contact.model_copy(update={"intent": intent})
        return self._replace(request=self.request.model_copy(update={"contact": contact}))

    def knowing(self, facts: dict[str, FactValue]) -> Case:
        """The same with these facts known where nothing was."""
        known = {**facts, **self.customer.facts}
        return self._replace(customer=self.customer.model_copy(update={"facts": known}))

    def told(self, name: str, value: FactValue | None) -> Case:
        """The same with this fact; None takes it away."""
        facts = {known: given for known, given in self.customer.facts.items() if known != name}
        if value is not None:
            facts[name] = value
        return self._replace(customer=self.customer.model_copy(update={"facts": facts}))

    def objecting(self, consent: str, *, in_request: bool) -> Case:
        """The same with an objection: a stored one, or one that is made now. Where the store is away only what is said now is known."""
        if self.unread:
            said = {**dict.fromkeys(OBJECTIONS, True), consent: False}
            return self._replace(request=self.request.model_copy(update={"consents": said}))
        if in_request:
            return self._replace(request=self.request.model_copy(update={"consents": {consent: False}}))
        consents = {**self.customer.consents, consent: False}
        return self._replace(customer=self.customer.model_copy(update={"consents": consents}))


# --- what was learned ------------------------------------------------------------------------------------------------


@cache
def bundle(seed: int) -> Bundle:
    return open_bundle(made_up_bundle(CATALOGUE, POLICY, seed))


@cache
def taught(seed: int) -> Knowledge:
    """The provider with random numbers for everything that is learned; the seed chooses them and which score serves."""
    corrections = {
        action.id: Correction(mean=((seed * 7 + row) % 9 - 4) / 2)
        for row, action in enumerate(CATALOGUE.actions)
        if action.acceptance is not None
    }
    return KNOWLEDGE.with_(
        bundle=bundle(seed),
        learned=Learned(sequence=seed, corrections=corrections, version=f"sha256:{seed}"),
        flags=Flags(propensity="implicit" if seed % 2 else "winner"),
    )


# --- facts, consents, products ---------------------------------------------------------------------------------------


def a_value(spec: FactSpec, dice: Random) -> FactValue:
    """Any value of a declared fact; the ends of its range and small numbers often, for rules ask about those."""
    lowest, highest = spec.minimum or 0.0, spec.maximum or 1000.0
    near = min(highest, lowest + 30.0)
    most = dice.choice([near, near, highest])
    kinds: dict[str, Callable[[], FactValue]] = {
        "boolean": lambda: dice.random() < 0.5,
        "integer": lambda: dice.choice([int(lowest), dice.randint(int(lowest), int(most))]),
        "number": lambda: dice.choice([lowest, dice.uniform(lowest, most)]),
        "string": lambda: dice.choice(spec.values or ("x",)),
        "date": lambda: date(2026, 1, 1) + timedelta(days=dice.randint(-1000, 1000)),
    }
    return kinds[spec.type]()


def every_fact(dice: Random) -> dict[str, FactValue]:
    """A value for every declared fact."""
    return {name: a_value(spec, dice) for name, spec in POLICY.facts.items()}


def _a_customer(told: Customer, dice: Random) -> Customer:
    """The one told of; of some everything is known, of some a part, of some nothing."""
    keep = dice.choice([1.0, 1.0, 0.9, 0.5, 0.0])
    facts = {name: value for name, value in told.facts.items() if dice.random() < keep}
    for name in dice.sample(sorted(POLICY.facts), dice.randint(0, 6)):
        facts[name] = a_value(POLICY.facts[name], dice)
    for name in IN_LAW:
        if dice.random() < 0.25:
            facts.pop(name, None)
            if dice.random() < 0.5:
                facts[name] = a_value(POLICY.facts[name], dice)
    consents = dict(told.consents)
    for name in POLICY.consents:
        if dice.random() < 0.25:
            consents.pop(name, None)
            if dice.random() < 0.6:
                consents[name] = dice.random() < 0.5
    held = told.holdings
    if dice.random() < 0.3:
        products = dice.sample(sorted(CATALOGUE.product), dice.randint(0, 6))
        held = tuple(Holding(product_id=product) for product in products)
    return Customer(customer_id="C-1", holdings=held, facts=facts, consents=consents)


# --- contacts and what happened --------------------------------------------------------------------------------------


def _a_contact(told: Contact, dice: Random) -> Contact:
    otherwise: dict[str, Sequence[Any]] = {
        "channel": get_args(Channel),
        "direction": get_args(Direction),
        "intent": INTENTS,
        "motive": (None, *POLICY.leaving.motives),
        "subject": SUBJECTS,
        "queue_load": (None, 0.3, 0.9, 1.2),
        "speaker": (None, "agent", "bot"),
        "agent": (None, Agent(agent_id="A-1"), Agent(agent_id="A-1", authority=30.0)),
    }
    changed: dict[str, Any] = {
        name: dice.choice(choices) for name, choices in otherwise.items() if dice.random() < 0.25
    }
    if dice.random() < 0.25:  # a contact nobody asked for, of which the law has most to say
        changed |= {"direction": "outbound", "channel": dice.choice(MESSAGES), "subject": None}
    return told.model_copy(update=changed)


def _a_history(told: History, contact: Contact, now: datetime, dice: Random) -> History:
    def moment() -> datetime:
        return now - timedelta(hours=dice.choice([dice.randint(0, 48), dice.randint(0, 24 * MOST_DAYS)]))

    events = [
        Event(
            event_id=f"X-{number}",
            customer_id="C-1",
            kind=dice.choice(get_args(EventKind)),
            at=moment(),
            channel=dice.choice([None, contact.channel]),
            direction=dice.choice([None, "inbound"]),
            contact_id=f"K-{number}",
            intent=dice.choice(INTENTS),
            subject=dice.choice(["cancelling", "internet"]),
            product_id=dice.choice(sorted(CATALOGUE.product)),
            due=now + timedelta(hours=dice.choice([-5, 5])),
            score=dice.choice([2.0, 9.0]),
        )
        for number in range(dice.choice([0, 0, 1, 3]))
    ]
    outcomes = [
        _an_outcome(dice.choice(CATALOGUE.actions), moment(), contact, number, dice)
        for number in range(dice.choice([0, 0, 1, 3]))
    ]
    return History(
        events=tuple(sorted((*told.events, *events), key=lambda event: event.at)),
        outcomes=tuple(sorted((*told.outcomes, *outcomes), key=lambda outcome: outcome.at)),
    )


def _an_outcome(action: Action, at: datetime, contact: Contact, number: int, dice: Random) -> PastOutcome:
    return PastOutcome(
        outcome_id=f"X-{number}",
        decision_id="p00-0",
        action_id=action.id,
        kind=dice.choice(get_args(OutcomeKind)),
        at=at,
        reason=dice.choice(["too_expensive", "not_now", "not_helped"]),
        customer_id="C-1",
        contact_id=dice.choice([contact.contact_id, "K-0"]),
        channel=dice.choice(["voice", contact.channel]),
        action_kind=action.kind,
        family=action.family,
    )


def a_case(dice: Random) -> Case:
    """Any question there can be."""
    [told] = dice.choices((BINDING, NAMED_IN_LAW, TOLD), (15, 15, 70))
    request, customer, history, now = dice.choice(told)
    contact = _a_contact(request.contact, dice)
    now = now.replace(hour=dice.choice([now.hour, now.hour, 3, 21])) + timedelta(days=dice.randrange(7))
    asked = {dice.choice(sorted(POLICY.consents)): dice.random() < 0.5} if dice.random() < 0.2 else {}
    return Case(
        request.model_copy(update={"contact": contact, "consents": asked, "detail": "short"}),
        _a_customer(customer, dice),
        _a_history(history, contact, now, dice),
        now,
        unread=dice.random() < 0.1,
    )


DICE = st.randoms(use_true_random=True)
"""Seeds, chosen by hypothesis: drawing each field apart would cost ten times the decision."""
CASES = DICE.map(a_case)
