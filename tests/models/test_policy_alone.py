"""A policy is looked at by itself when its catalogue cannot be used."""

from __future__ import annotations

from models.policy_alone import alone
from tests.builders import LEAVING, a_policy, a_rule, both


def test_conditions_that_cannot_be_used_are_named_without_a_catalogue() -> None:
    policy = a_policy(
        facts={"age": {"type": "integer"}},
        rules=[a_rule("customer.aged >= 18")],
        disclosures=[{"id": "bot", "when": "contact.robot", "text": both("Bot", "Bot")}],
        leaving={**LEAVING, "inferred": [{"motive": "price", "when": "customer.dear", "probability": 0.5}]},
    )
    assert [problem.key for problem in alone(policy)] == [
        "rules[r].require",
        "disclosures[bot].when",
        "leaving.inferred[0].when",
    ]


def test_what_only_a_catalogue_can_tell_is_not_told() -> None:
    rule = a_rule("!('fiber-9' in customer.holdings)", **{"for": {"actions": ["nobody-knows"]}})
    assert alone(a_policy(rules=[rule])) == []
