"""How long a fault lasts: moments in every test run, what the bars say with BEHOUD_FAULTS=full, and parts of that with a number such as 0.1."""

from __future__ import annotations

import os

_ASKED = os.environ.get("BEHOUD_FAULTS", "")
SCALE = 1.0 if _ASKED == "full" else float(_ASKED or 0.0)
FULL = SCALE > 0.0
"""Whether speed is judged too: never in a run of all tests, on a machine that does other things."""


def at_length(short: float, full: float) -> float:
    """Seconds, or whatever is counted: `short` unless more is asked for."""
    return max(short, full * SCALE)


def times(short: int, full: int) -> int:
    """How often."""
    return round(at_length(short, full))
