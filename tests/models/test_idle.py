"""A rule that speaks of no action is a mistake; one that waits in a law pack is not."""

from __future__ import annotations

from typing import Any

import pytest

from models.idle import idle_rules
from models.in_force import load_lawful
from tests.builders import a_catalogue, a_policy, a_rule, an_action, an_offer, policy_bytes
from tests.models.test_law import RULE, TESTS, pack_bytes

CATALOGUE = a_catalogue(an_offer("sell-tv"), an_action("leave", "process", cancels=True))


def found(applies: dict[str, Any]) -> list[str]:
    return [
        str(problem)
        for problem in idle_rules(CATALOGUE, a_policy(rules=[a_rule("true", **{"for": applies})]))
    ]


@pytest.mark.parametrize("applies", [{}, {"kinds": ["offer"]}, {"actions": ["sell-tv"], "channels": ["sms"]}])
def test_a_rule_that_speaks_of_an_action_is_none(applies: dict[str, Any]) -> None:
    assert found(applies) == []


def test_a_rule_whose_words_never_meet_is_refused_with_its_place() -> None:
    [told] = found({"kinds": ["save"], "purposes": ["marketing"]})
    assert told.endswith(
        "rules[r].for: no action is all of this, so the rule never speaks; correct it, or remove the rule"
    )


def test_so_is_one_about_the_way_out_alone() -> None:
    [told] = found({"actions": ["leave"]})
    assert told.endswith("rules[r].for: speaks of the way out alone, which no rule stops; remove the rule")


def test_a_rule_of_a_law_pack_may_wait_for_an_action() -> None:
    waiting = pack_bytes(
        rules=[{**RULE, "for": {"families": ["credit"]}}],
        tests=[{**TESTS[0], "action": {"family": "credit"}}, *TESTS[1:]],
    )
    policy = load_lawful(policy_bytes(law=["xx"]), "policy.yaml", {"xx": waiting})
    assert idle_rules(CATALOGUE, policy) == []
