"""Figures, as they are told."""

from __future__ import annotations

from typing import Any

from models.insights import FIGURES

_ACCEPTANCE: dict[str, Any] = {
    "id": "acceptance",
    "points": [
        {
            "series": "offer",
            "at": "2026-10",
            "value": 0.151,
            "low": 0.128,
            "high": 0.175,
            "n": 1260,
            "about": {},
        }
    ],
    "missing": None,
}
INSIGHTS_EXAMPLE: dict[str, Any] = {
    "format": 1,
    "since": "2026-10-01",
    "until": "2026-10-31",
    "customers": 20000,
    "contacts": 4000,
    "decisions": 4000,
    "unreadable": 0,
    "sampled": 1000,
    "currency": "EUR",
    "names": {"grow": {"nl": "Groeien", "en": "Grow"}},
    "figures": [
        _ACCEPTANCE,
        *({"id": name, "points": [], "missing": "too_few"} for name in FIGURES if name != _ACCEPTANCE["id"]),
    ],
    "watched": {
        "drift": {"tv_hours": 0.04},
        "calibration": {"churn": {"value": 1.02, "low": 0.91, "high": 1.13, "n": 60000}},
        "level": {"churn": {"value": 0.97, "low": 0.92, "high": 1.02, "n": 60000}},
        "sample_ratio": {"holdout": 0.38},
    },
    "tables": "sha256:6f0c…",
    "bundle": "sha256:1b2e…",
}
