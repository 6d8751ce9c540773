"""What is kept of a challenger's answer: names and figures of both sides, and what only one of them stops."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from models.domain import DecisionRequest
from models.response import Decision
from models.shadow import Shadow, shadow_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TERMS = {"saved": 0.0, "margin": 12.0, "lock_in": 0.0, "organic": -1.0, "cost": 0.0, "contact": -1.0}
REQUEST = DecisionRequest.model_validate({"customer_id": "C-1", "contact": {"contact_id": "K-1", "channel": "chat"}})  # fmt: skip


def decision(*actions: str, stopped: tuple[tuple[str, str], ...] = (), **rest: Any) -> Decision:
    proposals = [
        {
            "rank": rank,
            "action_id": name,
            "kind": "offer",
            "title": "A title",
            "say": "A sentence with Mrs Jansen in it",
            "value": {"expected": 10.0, "p_accept": 0.3, "terms": TERMS} if name != "service" else None,
        }
        for rank, name in enumerate(actions, 1)
    ]
    vetoes = [
        {"action_id": action, "tier": "legal", "rule": rule, "version": "v", "text": "No"}
        for action, rule in stopped
    ]
    told = {
        "decision_id": "p00-1", "customer_id": "C-1", "contact_id": "K-1", "mode": "grow", "mode_text": "Grow",
        "proposals": proposals, "vetoes": vetoes, "churn": None, "selection": {"probability": 1, "explored": False},
        "experiment": {}, "decided_at": NOW, "valid_until": NOW,
        "versions": {"bundle": None, "learned": None, "policy": "p", "catalogue": "c", "flags": "f", "code": "1"},
    }  # fmt: skip
    return Decision.model_validate(told | rest)


def test_it_names_actions_and_euros_and_says_nothing_of_the_customer() -> None:
    ours = decision("sell-tv", "service", motive={"value": "price", "source": "stated", "probability": 1})
    found = shadow_of(REQUEST, ours, ((ours, 1.5), (decision("sell-tv"), 2.5)))
    assert found.champion is not None
    assert found.challenger is not None
    assert [(p.action_id, p.expected) for p in found.champion.proposals] == [
        ("sell-tv", 10.0),
        ("service", None),
    ]
    assert found.champion.proposals[0].terms is not None
    assert (found.champion.took_ms, found.challenger.took_ms) == (1.5, 2.5)
    assert (found.channel, found.motive, found.at) == ("chat", "price", NOW)
    assert "Jansen" not in found.model_dump_json()
    assert Shadow.model_validate_json(found.model_dump_json()) == found


def test_what_both_stop_is_left_out_and_the_first_rule_names_the_rest() -> None:
    ours = decision(stopped=(("a", "both"),))
    other = decision(stopped=(("a", "another"), ("b", "first"), ("b", "second")))
    found = shadow_of(REQUEST, ours, ((ours, 1.0), (other, 1.0)))
    assert found.champion is not None
    assert found.challenger is not None
    assert (found.champion.stopped, found.challenger.stopped) == ({}, {"b": "first"})


def test_a_failure_has_no_sides_and_a_reason() -> None:
    found = shadow_of(REQUEST, decision(), None, failed="KeyError")
    assert (found.champion, found.challenger, found.motive, found.failed) == (None, None, None, "KeyError")
    assert json.loads(found.model_dump_json())["decision_id"] == "p00-1"
