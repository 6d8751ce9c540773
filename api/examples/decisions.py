"""What is asked for a decision, and what comes back."""

from __future__ import annotations

from typing import Any

DECISION_ID = "p55-019aa8f2-6c1e-7d3a-9b41-5e2f8c7a9d10"

VERSIONS: dict[str, Any] = {
    "bundle": "sha256:5f0c…",
    "learned": None,
    "policy": "sha256:91be…",
    "catalogue": "sha256:2c77…",
    "flags": "sha256:a4d0…",
    "code": "0.1.0",
}

REQUEST_EXAMPLE: dict[str, Any] = {
    "customer_id": "C-1042",
    "contact": {
        "contact_id": "call-88231",
        "channel": "voice",
        "intent": "cancel",
        "motive": "price",
        "agent": {"agent_id": "A-17", "authority": 10.0},
        "queue_load": 0.6,
        "language": "nl",
    },
    "facts": {"data_used_gb": 3.1},
    "language": "en",
}

DECISION_EXAMPLE: dict[str, Any] = {
    "decision_id": DECISION_ID,
    "customer_id": "C-1042",
    "contact_id": "call-88231",
    "mode": "save",
    "mode_text": "The customer wants to leave; see whether we fit",
    "evidence": [{"code": "wish_to_leave", "text": "Wants to leave"}],
    "reopens_when": None,
    "proposals": [
        {
            "rank": 1,
            "action_id": "right-size-mobile",
            "kind": "save",
            "title": "Switch to Mobile 5 GB",
            "value": {
                "expected": 15.82,
                "low": None,
                "high": None,
                "currency": "EUR",
                "p_accept": 0.42,
                "terms": {
                    "saved": 69.35,
                    "margin": -51.73,
                    "lock_in": 0.0,
                    "organic": 0.0,
                    "cost": 0.0,
                    "contact": -1.80,
                },
                "sources": {"p": "assumed", "q0": "assumed", "rho": "assumed", "churn": "learned"},
            },
            "say": "U gebruikt ongeveer 3 GB per maand; met 5 GB betaalt u € 6 minder.",
            "why": [{"code": "motive_price", "text": "Customer says it is too expensive"}],
            "commitment": {"months": 0, "resets_term": False},
            "disclosures": [],
            "do": {"process": "change-plan", "link": None},
        },
        {
            "rank": 2,
            "action_id": "cancel",
            "kind": "process",
            "title": "Cancel the contract",
            "value": None,
            "say": "Ik kan uw abonnement nu voor u opzeggen.",
            "why": [],
            "commitment": {"months": 0, "resets_term": False},
            "disclosures": [],
            "do": {"process": "cancel", "link": None},
        },
    ],
    "churn": {
        "next_month": 0.02,
        "leaves_now": 0.45,
        "source": "learned",
        "drivers": [{"fact": "months_to_contract_end", "effect": 0.07}],
    },
    "vetoes": [
        {
            "action_id": "tv-bundle",
            "tier": "suitability",
            "rule": "no_sale_while_leaving",
            "version": "policy@91be04c2a7d3",
            "text": "No sale while the customer wants to leave",
            "values": {"contact.leaving": True},
        }
    ],
    "selection": {
        "probability": 1.0,
        "explored": False,
        "rate": 0.0,
        "seeds": None,
        "candidates": [],
        "given_up": 0.0,
    },
    "experiment": {"policy": "champion", "holdout": False},
    "versions": VERSIONS,
    "degraded": [],
    "decided_at": "2026-11-21T20:11:00Z",
    "valid_until": "2026-11-21T20:41:00Z",
    "took_ms": 2.1,
}

REPLAY_EXAMPLE: dict[str, Any] = {"same": True, "differences": [], "decision": DECISION_EXAMPLE}
