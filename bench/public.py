"""Where the public data sets lie, and rows of figures that are measured on them or say that they are not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("BEHOUD_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
ABSENT = "not measured: set BEHOUD_DATA"


def row(name: str, value: float | None, unit: str, bar: str, holds: bool | None) -> dict[str, Any]:
    """One figure; `holds` null where no bar stands on it."""
    return {
        "name": name,
        "value": None if value is None else round(value, 4),
        "unit": unit,
        "bar": bar,
        "holds": holds,
    }


def absent(bars: dict[str, str]) -> list[dict[str, Any]]:
    """A row for each name and bar that cannot be measured without the data."""
    return [row(name, None, ABSENT, bar, None) for name, bar in bars.items()]
