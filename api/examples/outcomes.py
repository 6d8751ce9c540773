"""What became of a proposal."""

from __future__ import annotations

from typing import Any

from api.examples.decisions import DECISION_ID

OUTCOMES_EXAMPLE: dict[str, Any] = {
    "outcomes": [
        {
            "outcome_id": "call-88231-1",
            "decision_id": DECISION_ID,
            "action_id": "right-size-mobile",
            "kind": "declined",
            "at": "2026-11-21T20:12:30Z",
            "reason": "keeps_his_data",
        }
    ]
}

TAKEN_OUTCOMES_EXAMPLE: dict[str, Any] = {"results": [{"id": "call-88231-1", "status": "new"}]}
