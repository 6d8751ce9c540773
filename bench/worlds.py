"""The laboratory's own bars on two worlds and two seeds; the whole table is `python -m training worlds`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench.public import row
from training.worlds.bars import bars
from training.worlds.comparing import Comparison, compare
from training.worlds.scoring import score

POLICIES = ("popularity", "probability-margin", "pega", "highest-risk")


def measure() -> list[dict[str, Any]]:
    """The oracle against every reference policy, and against nothing where nothing has an effect."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Comparison(POLICIES, (0, 1), ("base", "no-effect"), 4000, Path(folder))
        runs = compare(asked, lambda line: print(line, flush=True))
    return [
        row(bar.name, round(bar.value, 3), bar.unit, bar.bar, holds=bar.holds)
        for bar in bars(runs, score(runs, -1))
        if bar.value is not None
    ]
