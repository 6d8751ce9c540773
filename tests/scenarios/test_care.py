"""What must hold for everyone the example provider speaks to, not only for those its scenarios tell of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.domain import FactValue
from tests.scenarios.anyone import CASES, CATALOGUE, Case, steadily, taught


@steadily(400)
@given(case=CASES, before=st.sampled_from([None, False]), seed=st.sampled_from([1, 2]))
def test_a_circumstance_that_asks_for_care_only_takes_pressure_away(
    case: Case, before: bool | None, seed: int
) -> None:
    def pressed(vulnerable: FactValue | None) -> set[str]:
        """What is proposed that sells or binds."""
        decision = case.told("vulnerable", vulnerable).decided(taught(seed))
        actions = [CATALOGUE.action[proposal.action_id] for proposal in decision.proposals]
        return {
            action.id
            for action in actions
            if action.purpose == "marketing"
            or (action.kind in {"offer", "save"} and action.commitment.months > 0)
        }

    assert pressed(vulnerable=True) <= pressed(before)


def test_whatever_a_process_repairs_or_serves_has_an_owner() -> None:
    nobody = {
        action.id
        for action in CATALOGUE.actions
        if action.kind == "service" and action.do is not None and action.do.process and not action.do.owner
    }
    assert nobody == set()
