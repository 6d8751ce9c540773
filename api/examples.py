"""What a caller sends and gets, in the OpenAPI document. Everything here is checked against the nouns by a test."""

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
    "selection": {"probability": 1.0, "explored": False},
    "experiment": {"policy": "champion", "holdout": False},
    "versions": VERSIONS,
    "degraded": [],
    "decided_at": "2026-11-21T20:11:00Z",
    "valid_until": "2026-11-21T20:41:00Z",
    "took_ms": 2.1,
}

REPLAY_EXAMPLE: dict[str, Any] = {"same": True, "differences": [], "decision": DECISION_EXAMPLE}

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

EVENTS_EXAMPLE: dict[str, Any] = {
    "events": [
        {
            "event_id": "crm-55120",
            "customer_id": "C-1042",
            "kind": "complaint_opened",
            "at": "2026-11-04T09:30:00+01:00",
            "subject": "billing",
        }
    ]
}
TAKEN_EVENTS_EXAMPLE: dict[str, Any] = {"results": [{"id": "crm-55120", "status": "new"}]}

CUSTOMER_EXAMPLE: dict[str, Any] = {
    "customer_id": "C-1042",
    "holdings": [{"product_id": "mobile-20gb", "since": "2024-03-01"}],
    "facts": {"tenure_months": 32, "months_to_contract_end": 4},
    "consents": {"marketing": True},
}
BULK_EXAMPLE: dict[str, Any] = CUSTOMER_EXAMPLE
BULK_RESULTS_EXAMPLE: dict[str, Any] = {
    "line": 1,
    "status": "stored",
    "customer_id": "C-1042",
    "problem": None,
}

CATALOGUE_EXAMPLE: dict[str, Any] = {
    "currency": "EUR",
    "languages": ["en"],
    "products": [
        {
            "id": "mobile-20gb",
            "name": {"en": "Mobile 20 GB"},
            "family": "mobile",
            "price": 20.0,
            "margin": 11.0,
            "repeatable": True,
            "take_rate": 0.03,
        }
    ],
    "bundles": [],
    "actions": [
        {
            "id": "cancel",
            "kind": "process",
            "family": "cancel",
            "purpose": "service",
            "texts": {"en": {"title": "Cancel the contract", "say": "I can end your contract now."}},
            "cancels": True,
            "do": {"process": "cancel"},
        }
    ],
    "version": "sha256:2c77…",
}
POLICY_EXAMPLE: dict[str, Any] = {
    "languages": ["en"],
    "timezone": "Europe/Amsterdam",
    "facts": {"tenure_months": {"type": "integer", "minimum": 0, "clock": 1}},
    "consents": {"marketing": "offers may be made"},
    "leaving": {"intents": ["cancel"], "confirmed": ["cancel_confirmed"], "motives": ["price", "service"]},
    "modes": [
        {"id": "save", "when": "contact.leaving", "kinds": ["save", "process"], "text": {"en": "Save"}},
        {"id": "grow", "kinds": ["offer", "service"], "text": {"en": "Grow"}},
    ],
    "rules": [
        {
            "id": "marketing_consent",
            "tier": "legal",
            "for": {"purposes": ["marketing"]},
            "require": "customer.consents.marketing",
            "reason": {"en": "No consent for offers"},
        }
    ],
    "version": "sha256:91be…",
}
CONTRACT_EXAMPLE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Behoud", "version": "0.1.0"},
    "paths": {},
}
ALIVE_EXAMPLE: dict[str, Any] = {"status": "alive"}
READY_EXAMPLE: dict[str, Any] = {
    "ready": True,
    "store": "answers",
    "durability": "always",
    "versions": VERSIONS,
}
METRICS_EXAMPLE = 'behoud_decisions_total{channel="voice",mode="save",result="new"} 12.0\n'

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

DELIVERY_EXAMPLE: dict[str, Any] = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "102290129340398",
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "messaging_product": "whatsapp",
                        "metadata": {
                            "display_phone_number": "31201234567",
                            "phone_number_id": "106540352242922",
                        },
                        "messages": [
                            {
                                "from": "31612345678",
                                "id": "wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQzQUI0NkE4NjM1QTU2NjVGOURGQgA=",
                                "timestamp": "1795291920",
                                "type": "interactive",
                                "interactive": {
                                    "type": "button_reply",
                                    "button_reply": {
                                        "id": f"take|{DECISION_ID}|right-size-mobile",
                                        "title": "Naar Mobiel 5 GB",
                                    },
                                },
                            }
                        ],
                    },
                }
            ],
        }
    ],
}

UNDERSTOOD_EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "message_id": "wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQzQUI0NkE4NjM1QTU2NjVGOURGQgA=",
            "meaning": "take",
            "customer_id": "C-1042",
            "contact_id": "chat-88231",
            "decision_id": DECISION_ID,
            "action_ids": ["right-size-mobile"],
            "new": True,
        }
    ]
}

PANEL_EXAMPLE: dict[str, Any] = {
    "language": "en",
    "languages": ["nl", "en"],
    "currency": "EUR",
    "timezone": "Europe/Amsterdam",
    "intents": [{"value": "cancel", "label": "Wants to cancel"}],
    "motives": [{"value": "price", "label": "Too expensive"}],
    "decline_reasons": [{"value": "too_expensive", "label": "Still too expensive"}],
    "skip_reasons": [{"value": "wrong_moment", "label": "Wrong moment"}],
    "exit_reasons": [{"value": "too_expensive", "label": "Too expensive", "motive": "price"}],
    "actions": [{"action_id": "cancel", "title": "Cancel the contract", "cancels": True}],
    "facts": {"data_used_gb": "data use in GB"},
}

TOKEN_REQUEST_EXAMPLE: dict[str, Any] = {
    "agent_id": "A-17",
    "contact_id": "call-88231",
    "customer_id": "C-1042",
    "minutes": 15,
}

TOKEN_EXAMPLE: dict[str, Any] = {
    "token": "bt_eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…",
    "expires_at": "2026-11-21T20:41:00Z",
}
