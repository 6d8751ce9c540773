"""A policy to check, and the report of its rehearsal."""

from __future__ import annotations

from typing import Any

from api.examples.decisions import DECISION_ID

POLICY_CHECK_EXAMPLE: dict[str, Any] = {
    "catalogue": "languages: [nl, en]\nproducts: [...]\nactions: [...]\n",
    "policy": "languages: [nl, en]\nmodes: [...]\nrules: [...]\n",
}

REHEARSAL_EXAMPLE: dict[str, Any] = {
    "decisions": 1000,
    "then": 1000,
    "present": 0,
    "unreadable": 0,
    "changed_first": 37,
    "changed_set": 64,
    "share_changed_first": 0.037,
    "samples": [DECISION_ID],
    "actions": [
        {
            "action_id": "tv-bundle",
            "first": {"before": 80, "after": 43, "won": 0, "lost": 37, "change": -0.037},
            "anywhere": {"before": 120, "after": 70, "won": 2, "lost": 52, "change": -0.05},
            "samples": [DECISION_ID],
        }
    ],
    "starved": [
        {
            "action_id": "films-trial",
            "proposed_before": 12,
            "eligible_before": 210,
            "eligible_after": 0,
            "stopped_by": {"tier": "relevance", "rule": "watches_enough", "decisions": 940},
            "samples": [DECISION_ID],
        }
    ],
    "gone": {"old-discount": 4},
    "worth": {
        "before": 8120.5,
        "after": 8011.0,
        "mean_before": 8.12,
        "mean_after": 8.01,
        "mean_difference": -0.11,
        "low": -0.19,
        "high": -0.04,
    },
    "violations": [
        {
            "rule": "nl.telemarketing_consent",
            "action_id": "tv-bundle",
            "decisions": 2,
            "samples": [DECISION_ID],
        }
    ],
    "unasked": [],
    "modes": [{"before": "grow", "after": "fix_first", "decisions": 9, "samples": [DECISION_ID]}],
    "degraded": [{"what": "missing:customer.tv_hours", "before": 0, "after": 61}],
}
