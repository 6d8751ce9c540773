"""What is measured and tried, as it is told."""

from __future__ import annotations

from typing import Any

EXPERIMENTS_EXAMPLE: dict[str, Any] = {
    "provider": "flags.json",
    "holdout": {"universal": 0.05, "random": 0.02, "salt": "2026"},
    "usual": {"propensity": "winner"},
    "flags": {
        "propensity": {
            "experiment": "scores-2026",
            "arms": ["winner", "implicit"],
            "usual": "winner",
            "targeting": {"fractional": [["winner", 50], ["implicit", 50]]},
        }
    },
    "assignment": {
        "experiment": {"policy": "champion", "holdout": False, "arms": {"scores-2026": "implicit"}},
        "flags": {"propensity": "implicit"},
        "degraded": [],
    },
}
