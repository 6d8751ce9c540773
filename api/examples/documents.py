"""Catalogue, policy and contract as they are served."""

from __future__ import annotations

from typing import Any

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
