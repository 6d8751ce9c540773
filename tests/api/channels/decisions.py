"""Decisions to render: proposals that state only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from models.response import Decision, Proposal

DECISION_ID = "p07-019aa8f2-6c1e-7d3a-9b41-5e2f8c7a9d10"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def a_proposal(action_id: str = "offer-tv", kind: str = "offer", **given: Any) -> Proposal:
    usual = {"rank": 1, "title": "Add TV", "say": "Shall we add TV for €12.50 a month?", "value": None}
    return Proposal.model_validate({"action_id": action_id, "kind": kind, **usual, **given})


def a_decision(*proposals: Proposal) -> Decision:
    """The proposals ranked as they stand."""
    ranked = tuple(
        proposal.model_copy(update={"rank": rank}) for rank, proposal in enumerate(proposals, start=1)
    )
    versions = {
        "bundle": None,
        "learned": None,
        "policy": "p",
        "catalogue": "c",
        "flags": "f",
        "code": "0.1.0",
    }
    return Decision.model_validate(
        {
            "decision_id": DECISION_ID,
            "customer_id": "C-1",
            "contact_id": "chat-1",
            "mode": "grow",
            "mode_text": "Grow",
            "proposals": ranked,
            "churn": None,
            "selection": {"probability": 1.0, "explored": False},
            "experiment": {},
            "versions": versions,
            "decided_at": NOW,
            "valid_until": NOW,
        }
    )


def a_question(*labels: str, **given: Any) -> Proposal:
    answers = [{"value": label.lower(), "label": label} for label in labels]
    asked = {"motive": True, "answers": answers, "worth": None}
    return a_proposal(
        "ask-motive", "question", title="Ask why", say="Why do you want to leave?", question=asked, **given
    )


CANCEL = a_proposal("cancel", "process", title="Cancel", say="I can end your contract now.")
