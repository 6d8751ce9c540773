"""Two flags through a live service, in small; `python -m bench flags` measures what the analysis finds as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.flags import played

if TYPE_CHECKING:
    from pathlib import Path


def test_arms_outlive_a_restart_and_what_is_heard_is_logged_once(tmp_path: Path) -> None:
    people, rows = played(tmp_path, 40)
    found = {row["name"]: row["value"] for row in rows}
    assert len(people) >= found["flags.assigned"] >= 30
    assert found["flags.exposed"] >= 20
    for name in ("moved", "exposures.wrong", "exposures.double", "held_out.exposed"):
        assert found[f"flags.{name}"] == 0
