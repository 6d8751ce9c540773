"""What a question is worth: against every answer filled in and decided by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.acceptance import leaves_after
from models.answers import answered
from models.any_purchase import MOST_COUNTED, AnyPurchase
from models.arbitration import Candidates, arbitrate
from models.bundle import Bundle
from models.churn import ChurnModel
from models.domain import VALUED, Customer, DecisionRequest, History
from models.fading import Fading
from models.features import Category, Encoder, Numeric
from models.knowledge import Knowledge
from models.lockin import Effect
from models.motive import inferred_motive
from models.pricing import forecast, price_actions
from models.propensity import PropensityModel
from models.scores import Linear
from models.screening import Screened, screen
from models.situation import situation_of
from models.value import present_weights
from models.verdicts import Verdicts
from tests.builders import (
    CANCEL,
    NOW,
    a_bundle,
    a_catalogue,
    a_churn_model,
    a_contact,
    a_customer,
    a_history,
    a_mode,
    a_policy,
    a_request,
    a_rule,
    a_save,
    a_saving,
    an_action,
    an_offer,
    an_outcome,
    some_knowledge,
)

SIZES = [{"value": 1, "share": 0.5}, {"value": 2, "share": 0.3}, {"value": 4, "share": 0.2}]
MOTIVES = [{"value": "price", "share": 0.6}, {"value": "service", "share": 0.4}]
FACTS: dict[str, Any] = {
    "size": {"type": "integer"},
    "month_1": {"type": "number"},
    "month_2": {"type": "number"},
    "region": {"type": "string"},
}
MODES = [a_mode("save", when="contact.leaving", kinds=["save", "process", "question"])]
GROW = a_mode("grow", kinds=["offer", "save", "question"])


def a_question(action_id: str = "ask", fact: str | None = "size", **given: Any) -> dict[str, Any]:
    asks = {"motive": True, "answers": MOTIVES} if fact is None else {"fact": fact, "answers": SIZES}
    return an_action(action_id, "question", asks=asks, **given)


def a_provider(*actions: dict[str, Any], **given: Any) -> Knowledge:
    policy = {"facts": FACTS, "modes": [*MODES, GROW], **given}
    bundle = policy.pop("bundle", None)
    return some_knowledge(*actions, CANCEL, bundle=bundle, **policy)


class Case:
    """One customer in one contact, and what is found before anything is asked."""

    def __init__(
        self,
        knowledge: Knowledge,
        customer: Customer,
        request: DecisionRequest,
        history: History | None = None,
        sold_out: frozenset[str] = frozenset(),
    ) -> None:
        self.knowledge, self.customer, self.request = knowledge, customer, request
        self.history, self.sold_out = history or History(), sold_out
        policy = knowledge.policy
        self.situation = situation_of(
            request, customer, self.history, NOW, policy=policy, portfolios=knowledge.portfolios
        )
        self.verdicts = Verdicts(knowledge.book, self.situation.values)
        self.gate = self.verdicts.mode()
        self.screened: Screened = screen(
            self.situation, self.gate, self.verdicts, knowledge, self.history.outcomes, sold_out
        )
        self.motive = self.situation.said
        if self.situation.leaving and self.motive.value is None:
            self.motive = inferred_motive(knowledge.inferred, self.verdicts.holds)
        self.expected = forecast(self.situation, self.motive, knowledge.tariff)
        actions = knowledge.catalogue.actions
        self.rows = [row for row in self.screened.eligible if actions[row].kind in VALUED]
        outlook, leaves = self.expected.outlook, self.expected.leaves
        self.priced = (
            price_actions(self.rows, self.situation, self.motive, outlook, knowledge.tariff, leaves)
            if self.rows
            else None
        )

    def worth(self) -> dict[str, float]:
        """As the service works it out."""
        found = self.knowledge.questions.worth(
            self.knowledge,
            self.screened,
            self.situation,
            self.motive,
            self.verdicts,
            self.expected,
            self.priced,
        )
        return {self.knowledge.catalogue.actions[row].id: euros for row, euros in found.items()}

    def answering(self, fact: str | None, value: Any) -> Case:
        """The same customer, who has answered."""
        if fact is None:
            contact = self.request.contact.model_copy(update={"motive": value})
            request = self.request.model_copy(update={"contact": contact})
        else:
            request = self.request.model_copy(update={"facts": {**self.request.facts, fact: value}})
        return Case(self.knowledge, self.customer, request, self.history, self.sold_out)

    def first(self) -> list[int]:
        """What stands first: the best offer or save, or the saves of the ladder."""
        if self.priced is None:
            return []
        among = Candidates(
            self.rows,
            self.priced,
            self.expected,
            mode=self.gate.mode,
            refused=len(self.situation.refused_saves),
            spoken=self.situation.rounds_spoken,
            waiting=self.situation.waiting_saves,
            leaving=self.situation.leaving,
            catalogue=self.knowledge.catalogue,
            policy=self.knowledge.policy,
        )
        placed = arbitrate(among)
        actions = self.knowledge.catalogue.actions
        if self.situation.leaving:
            return [row for row in placed.ranked if actions[row].kind == "save"]
        worth = dict(zip(self.priced.index, self.priced.priced.eiv, strict=True))
        return sorted(placed.ranked, key=lambda row: (-worth[row], actions[row].id))[:1]

    def value_of(self, rows: list[int]) -> float:
        """What proposing these is worth here; who hears what may not be proposed to him refuses it."""
        if not rows:
            return 0.0
        if not self.situation.leaving:
            if rows[0] not in self.rows or self.priced is None:
                return -self._talk(rows[0])
            return float(self.priced.priced.eiv[self.priced.index.index(rows[0])])
        refused = len(self.situation.refused_saves)
        return self._from(rows, refused) - self._from([], refused)

    def _talk(self, row: int) -> float:
        minute = self.knowledge.policy.money.minute(self.situation.contact.queue_load)
        return self.knowledge.catalogue.actions[row].minutes * minute

    def _from(self, rows: list[int], refused: int) -> float:
        if not rows:
            outlook = self.expected.outlook
            V0 = float(
                present_weights(outlook.hazard, outlook.yearly_discount, outlook.other) @ outlook.margin
            )
            first, after = self.expected.leaves_first, self.expected.leaves_refused
            q = leaves_after(first, self.knowledge.policy.leaving.fatigue, refused, after)
            return (1.0 - q) * V0
        if self.priced is None or rows[0] not in self.rows:
            return self._from(rows[1:], refused + 1) - self._talk(rows[0])
        options, priced = self.priced.options, self.priced.priced
        at = self.priced.index.index(rows[0])
        stays = (1.0 - options.rho[at]) * priced.V1[at] - options.cost[at]
        refuses = self._from(rows[1:], refused + 1)
        p = options.p[at]
        return float(p * stays + (1.0 - p) * refuses - options.contact_cost[at])

    def by_hand(self, action_id: str) -> float:
        """Every answer filled in, and all decided anew."""
        action = self.knowledge.catalogue.action[action_id]
        assert action.asks is not None
        now, total = self.first(), 0.0
        for answer, share in zip(action.asks.answers, action.asks.shares(self.motive), strict=True):
            after = self.answering(action.asks.fact, answer.value)
            total += share * (after.value_of(after.first()) - after.value_of(now))
        minute = self.knowledge.policy.money.minute(self.situation.contact.queue_load)
        return total - action.minutes * minute


# --- against every answer filled in ------------------------------------------------------------------------------------------


def a_learned_bundle(dice: random.Random) -> Bundle | None:
    """Models that read the fact that is asked, one of the two, or neither; or no bundle at all."""
    if dice.random() < 0.2:
        return None
    blocks = (Numeric("size", (1.0, 3.0)), Category("region", ("north",)))
    products = ("tv", "films", "mobile-l")

    def some(*shape: int) -> Any:
        return np.array([dice.uniform(-1.5, 1.5) for _ in range(int(np.prod(shape)))]).reshape(shape)

    known = Encoder(blocks if dice.random() < 0.6 else blocks[1:])
    taking = PropensityModel(
        products=products,
        method="multinomial",
        encoder=known,
        repeatable=np.zeros(3, dtype=np.bool_),
        base=np.array([0.4, 0.4, 0.2]),
        scores=Linear(np.zeros((3, 3))),
        scale=1.0,
        intercept=np.zeros(3),
        facts=some(known.size, 3),
        counts=np.zeros((MOST_COUNTED + 1, 3)),
        any_purchase=AnyPurchase(-1.0, np.zeros(3), some(known.size), np.zeros(MOST_COUNTED + 1), 0.2)
        if dice.random() < 0.7
        else None,
    )
    read = Encoder(blocks if dice.random() < 0.6 else blocks[1:])
    churn = ChurnModel(
        products=("tv",),
        encoder=read,
        intercept=-3.5,
        effects=some(read.size),
        unseen=np.zeros(len(read.blocks)),
        product_effects=np.array([-0.3]),
        product_shares=np.array([0.4]),
    )
    if dice.random() < 0.5:
        fades = Fading(
            np.full(len(read.blocks), 0.4), np.full(len(read.blocks), 0.6), np.zeros(len(read.blocks))
        )
        others = replace(churn, intercept=-4.5, effects=some(read.size))
        level = a_churn_model(0.003, tv=0.0)
        causes = {"unavoidable": level, "non-payment": others}
        churn = replace(churn, causes=causes, fading=fades)
    locks_in = [Effect("tv", 0.8, 0.7, 0.9, "A")] if dice.random() < 0.5 else []
    saves = Encoder(blocks if dice.random() < 0.6 else blocks[1:])
    saving = a_saving(saves, dice.randrange(1000), action="s1") if dice.random() < 0.5 else None
    churn_or_none = churn if dice.random() < 0.7 else None
    return a_bundle(taking, churn=churn_or_none, effects=locks_in, saving=saving)


CONDITIONS = [
    None,
    "customer.size >= 2",
    "customer.size == 1",
    "!has(customer.size)",
    "!has(customer.months_slope) || customer.months_slope > 0.0",
    "has(contact.motive) && contact.motive == 'price'",
]


def a_problem(dice: random.Random) -> Case:
    def some_action(number: int) -> dict[str, Any]:
        given: dict[str, Any] = {
            "acceptance": {
                "rate": dice.uniform(0.05, 0.6),
                "by_motive": {"price": dice.uniform(0.05, 0.6)} if dice.random() < 0.5 else {},
            },
            "minutes": dice.choice([0, 3]),
            "cost": dice.choice([0, 10]),
            "stock": dice.choice([None, 5]),
        }
        condition = dice.choice(CONDITIONS)
        given |= {} if condition is None else {"condition": condition}
        if dice.random() < 0.5:
            return an_offer(f"o{number}", sells=[dice.choice(["tv", "films", "mobile-l"])], **given)
        amount = dice.choice([2, 5, 8])
        motives = dice.choice([[], ["price"], ["service"]])
        return a_save(f"s{number}", discount={"amount": amount, "months": 12}, motives=motives, **given)

    inferred = [{"motive": "price", "when": "has(customer.size) && customer.size >= 2 || has(customer.region)", "probability": 0.7}]  # fmt: skip
    modes = [*MODES, a_mode("care", when="has(customer.size) && customer.size > 3", kinds=["save"]), GROW]
    knowledge = a_provider(
        *[some_action(number) for number in range(6)],
        a_question(minutes=1),
        a_question("ask-month", "month_2", minutes=1),
        a_question("ask-motive", None, minutes=2),
        modes=modes if dice.random() < 0.5 else [*MODES, GROW],
        bundle=a_learned_bundle(dice),
        trends={"months": {"of": ["month_1", "month_2"]}},
        leaving={
            "motives": ["price", "service"],
            "by_motive": {"price": 0.3},
            "inferred": inferred if dice.random() < 0.5 else [],
        },
        rules=[a_rule("customer.size < 4", id="small", tier="legal", **{"for": {"kinds": ["offer"]}})]
        if dice.random() < 0.5
        else [],
    )
    facts = {"month_1": 3.0} | ({"region": "north"} if dice.random() < 0.5 else {})
    history = a_history(*[an_outcome("declined", action="s0")] if dice.random() < 0.3 else [])
    contact = a_contact(
        intent=dice.choice([None, "cancel"]), queue_load=dice.choice([None, 0.5]), motive=None
    )
    return Case(
        knowledge,
        a_customer(holding=dice.choice([["fiber"], ["fiber", "mobile-s"]]), **facts),
        a_request(contact=contact),
        history,
        frozenset(dice.choice([[], ["o1"], ["s1"]])),
    )


@pytest.mark.parametrize("seed", range(200))
def test_a_question_is_worth_what_every_answer_filled_in_says(seed: int) -> None:
    case = a_problem(random.Random(seed))
    worth = case.worth()
    asked = {case.knowledge.catalogue.actions[row].id for row in case.screened.eligible}
    assert set(worth) == asked & {"ask", "ask-month", "ask-motive"}
    assert worth == pytest.approx({name: case.by_hand(name) for name in worth}, abs=1e-8)


# --- what it is worth to know ------------------------------------------------------------------------------------------------


def worth(*actions: dict[str, Any], contact: dict[str, Any] | None = None, **given: Any) -> float | None:
    """Of the question `ask`, to a customer with a line of fiber."""
    case = Case(
        a_provider(*actions, **given),
        a_customer(holding="fiber"),
        a_request(contact=a_contact(**contact or {})),
    )
    return case.worth().get("ask")


TV = an_offer("tv", sells=["tv"], acceptance={"rate": 0.5})
FOR_TWO = an_offer("films", sells=["films"], acceptance={"rate": 0.9}, condition="customer.size >= 2")


def test_a_question_on_which_nothing_hangs_costs_its_minutes() -> None:
    assert worth(TV, a_question(minutes=2)) == pytest.approx(-2 * 0.45)


def test_its_minutes_cost_more_when_it_is_busy() -> None:
    money = {"queue": [{"load": 0.8, "factor": 2}]}
    assert worth(TV, a_question(minutes=2), contact={"queue_load": 0.9}, money=money) == pytest.approx(-1.8)


def test_an_answer_that_opens_an_offer_is_worth_that_offer_as_often_as_it_is_given() -> None:
    opened = Case(a_provider(FOR_TWO), a_customer(holding="fiber", size=2), a_request())
    assert opened.priced is not None
    films = float(opened.priced.priced.eiv[0])
    assert films > 0
    assert worth(FOR_TWO, a_question(minutes=1)) == pytest.approx(0.5 * films - 0.45)


def test_an_offer_that_would_not_come_first_adds_nothing() -> None:
    assert worth({**TV, "acceptance": {"rate": 0.99}}, FOR_TWO, a_question()) == 0.0


def test_a_figure_that_is_only_known_better_is_worth_nothing() -> None:
    save = a_save("stay", acceptance={"rate": 0.3, "by_motive": {"price": 0.5, "service": 0.4}})
    assert worth(save, a_question(fact=None), contact={"intent": "cancel"}) == 0.0


def test_a_motive_that_another_offer_answers_is_worth_asking() -> None:
    cheaper = a_save(
        "cheaper", motives=["price"], discount={"amount": 5, "months": 6}, acceptance={"rate": 0.5}
    )
    mended = a_save("mended", motives=["service"], acceptance={"rate": 0.4}, minutes=5)
    euros = worth(cheaper, mended, a_question(fact=None), contact={"intent": "cancel"})
    assert euros is not None
    assert euros > 0


def test_what_nobody_could_be_offered_whatever_he_says_is_worth_nothing() -> None:
    never = {**FOR_TWO, "condition": "customer.size >= 9"}
    assert worth(never, a_question(minutes=1)) == pytest.approx(-0.45)


def test_no_question_is_worth_anything_where_none_may_be_asked() -> None:
    assert worth(FOR_TWO, a_question(condition="has(customer.size)")) is None


def test_a_question_that_does_not_say_what_it_asks_has_no_worth() -> None:
    assert worth(FOR_TWO, an_action("ask", "question")) is None


# --- which are asked ---------------------------------------------------------------------------------------------------------


def stand(asked: dict[str, float]) -> tuple[list[str], dict[str, str]]:
    """The questions that stand, of four with their priorities, and why the others do not."""
    named = {"a": 40, "b": 30, "c": 20, "d": 10}
    catalogue = a_catalogue(*[an_action(name, "question", priority=at) for name, at in named.items()])
    rows = {name: row for row, name in enumerate(named)}
    policy = a_policy(modes=[a_mode("m", kinds=["question"])], arbitration={"proposals": 4})
    among = Candidates(
        list(rows.values()),
        None,
        None,
        mode=policy.modes[0],
        refused=0,
        spoken=0,
        leaving=False,
        catalogue=catalogue,
        policy=policy,
        asked={rows[name]: euros for name, euros in asked.items()},
    )
    placed = arbitrate(among)
    ids = [action.id for action in catalogue.actions]
    return [ids[row] for row in placed.ranked], {ids[row]: rule for row, rule in placed.passed.items()}


def test_only_what_is_worth_asking_is_asked_the_best_first() -> None:
    assert stand({"a": 1.0, "b": 2.0, "c": 0.0, "d": -1.0}) == (
        ["b", "a"],
        {"c": "not_worth_asking", "d": "not_worth_asking"},
    )


def test_questions_of_which_nobody_says_the_worth_stand_by_priority_after_the_others() -> None:
    assert stand({"a": 1.0}) == (["a", "d", "c", "b"], {})
    assert stand({}) == (["d", "c", "b", "a"], {})


# --- asking again only what reads the answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_verdicts_after_an_answer_are_those_of_who_had_told_before(seed: int) -> None:
    case = a_problem(random.Random(seed))
    for row, reach in case.knowledge.questions.reaches(case.knowledge).items():
        asks = case.knowledge.catalogue.actions[row].asks
        assert asks is not None
        for number in range(len(case.knowledge.book.programs)):
            case.verdicts.holds(number)
        for answer in asks.answers:
            told = answered(case.situation, asks, answer.value, case.knowledge.policy)
            after = case.verdicts.after(told.values, reach.paths, reach.answering)
            anew = Verdicts(case.knowledge.book, told.values)
            for number in range(len(case.knowledge.book.programs)):
                assert after.holds(number) is anew.holds(number)
            assert (after.untrue, after.lacking, after.missing) == (anew.untrue, anew.lacking, anew.missing)
            assert after.context.facts == anew.context.facts
