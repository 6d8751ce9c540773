"""The telecom provider pulls no lever; were it to, what the lever keeps out would say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from models.scenario_run import decide_scenario
from models.sections.levers import Lever
from tests.scenarios.test_telecom import FILES, KNOWLEDGE

QUIET = next(file for file in FILES if file.document.source == "growing.yaml").scenarios[0]
ENERGY = Lever.model_validate(
    {
        "id": "energy-spring",
        "for": {"families": ["energy"]},
        "factor": 2.0,
        "owner": "Product Energy",
        "from": date(2026, 3, 1),
        "until": date(2026, 3, 31),
        "reason": "Spring campaign",
    }
)
LEVERED = replace(KNOWLEDGE, policy=KNOWLEDGE.policy.model_copy(update={"levers": (ENERGY,)}))


def test_what_a_lever_keeps_out_says_that_it_stands_behind_one() -> None:
    before, after = decide_scenario(QUIET, KNOWLEDGE), decide_scenario(QUIET, LEVERED)
    shown = [proposal.action_id for proposal in before.proposals]
    assert shown == ["online-security-add", "tv-basic-add", "films-first-months"]
    assert [proposal.action_id for proposal in after.proposals] == [*shown[:2], "energy-flex-add"]
    assert [veto.action_id for veto in after.vetoes if veto.rule == "behind_a_lever"] == shown[2:]
    assert [use.id for use in after.levers] == ["energy-spring"]
    assert before.levers == ()
    out, up = before.proposals[2].value, after.proposals[2].value
    assert out is not None
    assert up is not None
    assert after.levers_cost == pytest.approx(out.expected - up.expected, abs=0.01)
    assert after.levers_cost > 0.0
