"""What chance proposed, by the journal and by the table of an experiment."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl

from training.drawn import read_drawn


def a_part(folder: Path, *decisions: dict[str, object]) -> Path:
    folder.mkdir(parents=True)
    rows = [{"kind": "decision", "record": json.dumps({"decision": decision})} for decision in decisions]
    path = folder / "part-p00-1-0-to-2-0.parquet"
    pl.DataFrame(
        [*rows, {"kind": "decision", "record": None}, {"kind": "event", "record": "{}"}]
    ).write_parquet(path)
    return path


def test_the_first_proposal_of_a_decision_was_drawn_with_the_probability_it_logs(tmp_path: Path) -> None:
    common = {"customer_id": "C-1", "decided_at": "2026-03-04T10:00:00Z", "selection": {"probability": 0.25}}
    proposed = {**common, "proposals": [{"action_id": "offer-tv"}, {"action_id": "offer-wifi"}]}
    part = a_part(tmp_path / "journal" / "date=2026-03-04", proposed, {**common, "proposals": []})
    drawn = read_drawn(tmp_path, [part])
    assert drawn is not None
    assert drawn.rows() == [("C-1", date(2026, 3, 4), "offer-tv", 0.25)]


def test_what_was_drawn_behind_a_service_is_the_one_that_is_named(tmp_path: Path) -> None:
    selection = {"probability": 0.25, "action_id": "offer-wifi"}
    decision = {"customer_id": "C-1", "decided_at": "2026-03-04T10:00:00Z", "selection": selection}
    proposals = [{"action_id": "repair"}, {"action_id": "offer-wifi"}]
    drawn = read_drawn(
        tmp_path, [a_part(tmp_path / "journal" / "date=2026-03-04", {**decision, "proposals": proposals})]
    )
    assert drawn is not None
    assert drawn["action_id"].to_list() == ["offer-wifi"]


def test_the_table_of_an_experiment_tells_the_same(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {
            "customer_id": ["C-2", "C-2", "C-1"],
            "day": [date(2026, 1, 2)] * 3,
            "rank": [1, 2, 1],
            "action_id": ["a", "b", "c"],
            "probability": [0.5, 0.5, 0.1],
        }
    )
    table.write_parquet(tmp_path / "asked.parquet")
    expected = [("C-1", date(2026, 1, 2), "c", 0.1), ("C-2", date(2026, 1, 2), "a", 0.5)]
    drawn = read_drawn(tmp_path, [])
    assert drawn is not None
    assert drawn.rows() == expected
    (tmp_path / "asked.parquet").unlink()
    table.write_csv(tmp_path / "asked.csv")
    again = read_drawn(tmp_path, [])
    assert again is not None
    assert again.rows() == expected


def test_without_either_nothing_was_drawn(tmp_path: Path) -> None:
    assert read_drawn(tmp_path, []) is None
