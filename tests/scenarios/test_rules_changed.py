"""What becomes of the provider's answers when its rules stand in another order, or one of them is gone."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from api.languages import spoken
from models.caps import compile_caps
from models.knowledge import Knowledge, build_knowledge
from models.policy import Policy
from models.rules import compile_rules
from models.screening import screen
from models.situation import Situation
from models.verdicts import Verdicts
from tests.scenarios.anyone import CASES, CATALOGUE, POLICY, Case, steadily
from tests.scenarios.test_telecom import KNOWLEDGE


def in_another_order(seed: int) -> Knowledge:
    """Rules and caps shuffled: within their tiers, and the tiers among each other."""
    dice = Random(seed)
    rules, caps = list(POLICY.rules), list(POLICY.caps)
    dice.shuffle(rules)
    dice.shuffle(caps)
    policy = POLICY.model_copy(update={"rules": tuple(rules), "caps": tuple(caps)})
    return build_knowledge(CATALOGUE, policy, wordbooks=spoken())


SHUFFLED = [in_another_order(seed) for seed in range(3)]


@steadily(200)
@given(case=CASES)
def test_the_order_in_which_rules_are_written_changes_nothing(case: Case) -> None:
    case = case.in_full()
    decision = case.decided()
    for knowledge in SHUFFLED:
        assert case.decided(knowledge) == decision


# --- a rule less -----------------------------------------------------------------------------------------------------

WORDLESS = POLICY.model_copy(
    update={"reasons": (), "modes": tuple(mode.model_copy(update={"evidence": ()}) for mode in POLICY.modes)}
)
"""The policy without what it says: screening asks for no reason, and this compiles faster."""


def screening(policy: Policy) -> Knowledge:
    """The provider, as far as screening asks it, under this policy."""
    book, wrong = compile_rules(CATALOGUE, policy)
    caps, full = compile_caps(CATALOGUE, policy)
    assert not wrong
    assert not full
    return replace(KNOWLEDGE, policy=policy, book=book, caps=caps)


def eligible(case: Case, situation: Situation, knowledge: Knowledge) -> set[int]:
    verdicts = Verdicts(knowledge.book, situation.values)
    gate = verdicts.mode()
    return set(screen(situation, gate, verdicts, knowledge, case.history.outcomes).eligible)


def without(section: str, name: str) -> Policy:
    left = tuple(row for row in getattr(WORDLESS, section) if row.id != name)
    return WORDLESS.model_copy(update={section: left})


def test_without_any_one_rule_whatever_was_eligible_still_is() -> None:
    rules = [("rules", rule.id) for rule in POLICY.rules] + [("caps", cap.id) for cap in POLICY.caps]
    with_all = screening(WORDLESS)
    without_one = {name: screening(without(section, name)) for section, name in rules}
    others = list(without_one.items())
    missed: set[str] = set()

    @steadily(160)
    @given(case=CASES, half=st.sampled_from((others[::2], others[1::2])))  # each rule of every other case
    def ask(case: Case, half: list[tuple[str, Knowledge]]) -> None:
        situation = case.situation()
        before = eligible(case, situation, with_all)
        for name, knowledge in half:
            after = eligible(case, situation, knowledge)
            assert before <= after, name
            if before < after:
                missed.add(name)

    ask()
    assert len(missed) >= 20  # so it is asked where rules do stop something
