"""A rehearsal reads well in a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from api.examples.decisions import DECISION_ID
from api.examples.policy import REHEARSAL_EXAMPLE
from api.progress import Progress
from api.rehearsal_text import MOST, as_lines
from models.rehearsal import Rehearsal


def printed(**change: Any) -> list[str]:
    return list(as_lines(Rehearsal.model_validate({**REHEARSAL_EXAMPLE, **change})))


def test_what_the_law_forbids_stands_first() -> None:
    assert printed()[0] == (
        f"ILLEGAL tv-bundle: nl.telemarketing_consent forbids it in 2 decisions, such as {DECISION_ID}"
    )
    assert printed(violations=[])[0] == "No proposal breaks a legal rule in force."


def test_every_finding_has_its_line() -> None:
    lines = [line.strip() for line in printed()]
    assert f"37 have another first proposal (3.7%), such as {DECISION_ID}" in lines
    assert "difference               -0.11 a decision (95 %: -0.19 to -0.04)" in lines
    assert any(line.startswith("tv-bundle  80 > 43    0    37  -3.7 pt") for line in lines)
    assert any(line.startswith("films-trial  proposed 12, eligible 210 > 0") for line in lines)
    assert "old-discount  4" in lines
    assert f"grow > fix_first: 9 decisions, such as {DECISION_ID}" in lines
    assert "missing:customer.tv_hours: 0 > 61" in lines


def test_what_did_not_move_is_not_mentioned() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("actions", "starved", "modes", "degraded", "violations"), ())
    assert len(printed(gone={}, unreadable=3, **nothing)) == 10
    assert "3 more are unreadable" in printed(gone={}, unreadable=3, **nothing)[2]


def test_a_long_table_is_cut_and_says_so() -> None:
    [action] = REHEARSAL_EXAMPLE["actions"]
    assert "  and 3 more" in printed(actions=[action] * (MOST + 3))


def test_what_was_never_eligible_is_listed_apart() -> None:
    [starved] = REHEARSAL_EXAMPLE["starved"]
    never = {**starved, "proposed_before": 0, "eligible_before": 0}
    lines = printed(starved=[never])
    start = lines.index("Eligible for nobody, before neither; what stops it most")
    assert lines[start + 1] == "  films-trial  relevance/watches_enough in 940 decisions"


def test_progress_is_said_now_and_then_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("api.progress.EVERY", 0.0)
    progress = Progress("decisions")
    progress.step()
    progress.step(1000)
    progress.end()
    assert capsys.readouterr().err == "1 decisions\n1,001 decisions\n1,001 decisions\n"
