"""Every benchmark, one table, one file: `make bench` writes var/bench.json.

    python -m bench [NAME ...]

A benchmark is a module of this folder with `measure() -> rows`; each row is {name, value, unit, bar, holds}, `holds` null without a bar.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "var" / "bench.json"


def main(wanted: list[str]) -> int:
    """Run them, print them, write them; 1 when a bar does not hold."""
    names = wanted or [
        path.stem for path in sorted(HERE.glob("*.py")) if "\ndef measure(" in path.read_text()
    ]
    rows: list[dict[str, Any]] = []
    for name in names:
        print(f"{name} ...", flush=True)
        for row in importlib.import_module(f"bench.{name}").measure():
            rows.append(row)
            held = {None: "", True: "holds", False: "DOES NOT HOLD"}[row["holds"]]
            print(
                f"  {row['name']:<44} {'-' if row['value'] is None else row['value']:>12} {row['unit']:<36} {row['bar'] or '':<8} {held}",
                flush=True,
            )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1) + "\n")
    missed = [row["name"] for row in rows if row["holds"] is False]
    unknown = sum(row["value"] is None for row in rows)
    print(
        f"{len(rows)} figures in var/bench.json; "
        + (f"missed: {', '.join(missed)}" if missed else "every bar that was measured holds")
        + (f"; {unknown} were not measured" if unknown else "")
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
