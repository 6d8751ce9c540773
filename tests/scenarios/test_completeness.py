"""Whatever the telecom provider's policy and law say has a scenario in which it speaks, and one in which it had a say and did not.

A rule, a condition, a cap: an action it stops in one scenario comes through it in another. What no action of the catalogue can
break stops one that a scenario writes otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from api.languages import spoken
from api.law import shipped
from models.arbitration import ARBITRATION_RULES, BEHIND_LEVER, NOT_SURE, OVER_BUDGET
from models.calling import Call, Caller, Left
from models.checks import CONDITION, TIERS
from models.decision import decide
from models.disclosures import disclosed
from models.fit import FIT_RULES
from models.law import load_law
from models.law_run import run_law
from models.lists import compile_lists
from models.scenario_run import knowledge_of, question_of
from models.scenarios import Scenario
from models.situation import situation_of
from models.stock import STOCK
from models.verdicts import Verdicts
from tests.scenarios.test_telecom import FILES, KNOWLEDGE

POLICY, CATALOGUE = KNOWLEDGE.policy, KNOWLEDGE.catalogue
PACKS = {name: load_law(data, f"law/{name}.yaml") for name, data in shipped().items() if name in POLICY.law}
RULES = [rule.id for rule in POLICY.rules]


@dataclass
class Seen:
    """What the scenarios made happen: by rule and by tier the actions stopped, and what was said with which."""

    stopped: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_tier: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    eligible: set[str] = field(default_factory=set)
    proposed: set[str] = field(default_factory=set)
    modes: set[str] = field(default_factory=set)
    inferred: set[str | None] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    unsaid: set[str] = field(default_factory=set)


def _watch(scenario: Scenario, seen: Seen) -> None:
    knowledge = knowledge_of(scenario, KNOWLEDGE)
    request, customer, history, now = question_of(scenario, knowledge)
    sold_out = frozenset(scenario.sold_out)
    decision = decide(
        request,
        customer,
        history,
        knowledge,
        now=now,
        decision_id="s",
        degraded=scenario.lost,
        sold_out=sold_out,
    )
    for veto in decision.vetoes:
        seen.stopped[veto.rule].add(veto.action_id)
        seen.by_tier[veto.tier].add(veto.action_id)
        if veto.tier == "arbitration":
            seen.eligible.add(veto.action_id)
    proposed = {proposal.action_id for proposal in decision.proposals}
    seen.eligible |= proposed
    seen.proposed |= proposed
    seen.modes.add(decision.mode)
    if decision.motive is not None:
        seen.inferred.add(decision.motive.value if decision.motive.source == "inferred" else None)
    grounds = [decision.evidence, *[proposal.why for proposal in decision.proposals]]
    seen.given.update(reason.code for reasons in grounds for reason in reasons)
    situation = situation_of(
        request,
        customer,
        history,
        now,
        policy=POLICY,
        portfolios=knowledge.portfolios,
        lost=scenario.lost,
    )
    verdicts = Verdicts(knowledge.book, situation.values)
    for row, action in enumerate(CATALOGUE.actions):
        if action.id in proposed:
            named = disclosed(knowledge.told[row], request.contact.channel, verdicts)
            seen.said.update(named)
            seen.unsaid.update({row.id for row in POLICY.disclosures} - set(named))


SEEN = Seen()
for file in FILES:
    for told in file.scenarios:
        _watch(told, SEEN)


def lacking(rules: Iterable[str], through: AbstractSet[str]) -> list[str]:
    """The rules that no scenario shows both ways: stopping an action that in another scenario is among `through`."""
    return [rule for rule in rules if not SEEN.stopped[rule] & through]


def test_every_rule_stops_an_action_that_comes_through_in_another_scenario() -> None:
    assert lacking(RULES, SEEN.eligible) == []


def test_every_cap_stops_an_action_that_comes_through_in_another_scenario() -> None:
    assert lacking((cap.id for cap in POLICY.caps), SEEN.eligible) == []


def test_every_plain_field_and_the_stock_stop_an_action_that_comes_through_in_another_scenario() -> None:
    assert lacking([*FIT_RULES, STOCK], SEEN.eligible) == []


def test_every_way_to_be_passed_over_befalls_an_action_that_is_proposed_in_another_scenario() -> None:
    needs = {BEHIND_LEVER: POLICY.levers, NOT_SURE: KNOWLEDGE.bundle, OVER_BUDGET: KNOWLEDGE.bundle}
    possible = [rule for rule in ARBITRATION_RULES if needs.get(rule, True)]
    assert lacking(possible, SEEN.proposed) == []


def test_every_condition_stops_its_action_in_one_scenario_and_admits_it_in_another() -> None:
    stated = {action.id for action in CATALOGUE.actions if action.condition is not None}
    assert stated - (SEEN.stopped[CONDITION] & SEEN.eligible) == set()


def test_every_action_is_proposed_in_a_scenario() -> None:
    assert set(CATALOGUE.action) - SEEN.proposed == set()


def test_every_tier_stops_an_action_that_comes_through_in_another_scenario() -> None:
    assert [tier for tier in ("fit", *TIERS) if not SEEN.by_tier[tier] & SEEN.eligible] == []
    assert SEEN.by_tier["arbitration"] & SEEN.proposed


def test_every_mode_is_the_answer_to_a_scenario() -> None:
    assert SEEN.modes == {mode.id for mode in POLICY.modes}


def test_every_motive_that_may_be_inferred_is_and_where_nothing_points_to_one_none_is() -> None:
    assert SEEN.inferred == {row.motive for row in POLICY.leaving.inferred} | {None}


def test_every_reason_is_given_in_a_scenario() -> None:
    assert {row.code for row in POLICY.reasons} - SEEN.given == set()


# --- law -------------------------------------------------------------------------------------------------------------


def test_every_disclosure_is_said_in_one_scenario_and_not_in_another_where_something_is_proposed() -> None:
    written = {row.id for row in POLICY.disclosures}
    assert written - SEEN.said == set()
    assert written - SEEN.unsaid == set()


def test_the_way_out_that_the_law_guarantees_is_proposed_in_one_scenario_and_not_shown_in_another() -> None:
    (way_out,) = (action.id for action in CATALOGUE.actions if action.cancels)
    assert way_out in SEEN.proposed & SEEN.stopped["no_wish_to_leave"]
    for pack in PACKS.values():
        assert {test.proves for test in pack.tests if test.proves} == {row.id for row in pack.guarantees}


def test_the_tests_of_the_packs_in_force_pass() -> None:
    failures = [str(p) for pack in PACKS.values() for test in run_law(pack, spoken()) for p in test.failures]
    assert failures == []


# --- call lists ------------------------------------------------------------------------------------------------------


def test_every_call_list_calls_the_customer_of_one_scenario_and_not_of_another() -> None:
    lists, _ = compile_lists(CATALOGUE, POLICY)
    for wanted in POLICY.lists:
        found: list[Call | Left] = []
        for file in FILES:
            for scenario in file.scenarios:
                _, customer, history, now = question_of(scenario, KNOWLEDGE)
                found.append(Caller(KNOWLEDGE, lists, wanted, "voice", now).consider(customer, history))
        assert {type(one) for one in found} == {Call, Left}, wanted.id
