"""What is measured and tried, as it is told."""

from __future__ import annotations

from typing import Any

USUAL_FLAGS: dict[str, Any] = {
    "propensity": "winner",
    "policy": "champion",
    "bundle": "champion",
    "explore": None,
    "ladder": "exact",
}
EXPERIMENTS_EXAMPLE: dict[str, Any] = {
    "provider": "flags.json",
    "holdout": {"universal": 0.05, "random": 0.02, "salt": "2026"},
    "usual": USUAL_FLAGS,
    "flags": {
        "propensity": {
            "experiment": "scores-2026",
            "arms": ["winner", "implicit"],
            "usual": "winner",
            "targeting": {"fractional": [["winner", 50], ["implicit", 50]]},
        }
    },
    "policies": {"cautious": "sha256:9b1c6f"},
    "bundles": {"challenger": "sha256:41d0aa"},
    "assignment": {
        "experiment": {"policy": "champion", "holdout": False, "arms": {"scores-2026": "implicit"}},
        "flags": {**USUAL_FLAGS, "propensity": "implicit"},
        "degraded": [],
    },
}
