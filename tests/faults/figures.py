"""What was measured, beside what the bar says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Figures:
    """Rows of {name, value, unit, bar, holds}; `holds` is None where nothing is judged."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, bar: str = "", holds: bool | None = None) -> None:
        row = {"name": name, "value": round(float(value), 3), "unit": unit, "bar": bar, "holds": holds}
        self.rows.append(row)

    def failed(self) -> list[str]:
        return [
            f"{row['name']} is {row['value']} {row['unit']}, the bar {row['bar']}"
            for row in self.rows
            if row["holds"] is False
        ]

    def lines(self) -> list[str]:
        said = {None: "", True: "holds", False: "DOES NOT HOLD"}
        return [
            f"{row['name']:52} {row['value']:>12g} {row['unit']:12} {row['bar']:28} {said[row['holds']]}".rstrip()
            for row in self.rows
        ]

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.rows, indent=1) + "\n")
