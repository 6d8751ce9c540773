"""No proposal breaks the law, whoever is spoken to and whatever is known of him.

cel-python judges: the rule's own text, as it was written, over the facts and the action. Nothing of what screens is asked.
"""

from __future__ import annotations

from typing import Any

import celpy
from celpy.evaluation import CELEvalError
from hypothesis import given
from hypothesis import strategies as st

from api.languages import spoken
from models.actions import Action
from models.domain import FactValue
from models.knowledge import Knowledge, build_knowledge
from models.response import Proposal
from models.sections.rules import Rule
from models.vocabulary import action_values
from tests.models.test_expressions_oracle import as_celpy
from tests.scenarios.anyone import CASES, CATALOGUE, DICE, POLICY, Case, every_fact, steadily, taught
from tests.scenarios.test_telecom import KNOWLEDGE

ENVIRONMENT = celpy.Environment()
LEGAL = [rule for rule in POLICY.rules if rule.tier == "legal"]
PROGRAMS = {rule.id: ENVIRONMENT.program(ENVIRONMENT.compile(rule.require)) for rule in LEGAL}
TAUGHT = st.sampled_from([None, 1, 2])


def speaks(rule: Rule, action: Action, channel: str) -> bool:
    wanted = rule.applies
    named = (
        (wanted.kinds, action.kind),
        (wanted.families, action.family),
        (wanted.actions, action.id),
        (wanted.purposes, action.purpose),
        (wanted.channels, channel),
    )
    return all(not names or name in names for names, name in named)


def known(values: Any) -> Any:
    """Without what is missing."""
    if isinstance(values, dict):
        return {name: known(value) for name, value in values.items() if value is not None}
    return values


CONSTANTS = {
    name: as_celpy(known(values))
    for name, values in zip(CATALOGUE.action, action_values(CATALOGUE), strict=True)
}


def broken(case: Case, proposals: tuple[Proposal, ...]) -> list[tuple[str, str]]:
    """(action, legal rule) for every proposal a rule forbids, or cannot be asked about for a missing fact."""
    facts = {root: as_celpy(known(value)) for root, value in case.situation().values.items()}
    return [
        (action.id, rule.id)
        for action in (CATALOGUE.action[proposal.action_id] for proposal in proposals)
        for asked in [{**facts, "action": CONSTANTS[action.id]}]
        for rule in LEGAL
        if not action.cancels
        and speaks(rule, action, case.request.contact.channel)
        and not _lawful(rule, action, asked)
    ]


def _lawful(rule: Rule, action: Action, facts: dict[str, Any]) -> bool:
    try:
        return bool(PROGRAMS[rule.id].evaluate(facts))
    except CELEvalError:  # a fact is missing
        return action.emergency


def of(seed: int | None) -> Knowledge:
    return KNOWLEDGE if seed is None else taught(seed)


@steadily(1000)
@given(case=CASES, seed=TAUGHT)
def test_no_proposal_breaks_a_legal_rule(case: Case, seed: int | None) -> None:
    assert broken(case, case.decided(of(seed)).proposals) == []


@steadily(700)
@given(case=CASES, seed=TAUGHT, facts=DICE.map(every_fact))
def test_what_is_proposed_while_facts_are_missing_is_lawful_whatever_they_turn_out_to_be(
    case: Case, seed: int | None, facts: dict[str, FactValue]
) -> None:
    proposals = tuple(
        proposal
        for proposal in case.decided(of(seed)).proposals
        if not CATALOGUE.action[proposal.action_id].emergency
    )
    assert broken(case.knowing(facts), proposals) == []


def test_without_legal_rules_anyone_may_meet_every_breach_that_the_catalogue_can_make() -> None:
    """So the two above ask about what happens."""
    others = tuple(rule for rule in POLICY.rules if rule.tier != "legal")
    lawless = build_knowledge(CATALOGUE, POLICY.model_copy(update={"rules": others}), wordbooks=spoken())
    met: set[str] = set()

    @steadily(1200)
    @given(case=CASES)
    def ask(case: Case) -> None:
        met.update(rule for _, rule in broken(case, case.decided(lawless).proposals))

    ask()
    assert met == {rule.id for rule in LEGAL} - {"eu.term_at_most_24", "eu.no_silent_new_term"}
