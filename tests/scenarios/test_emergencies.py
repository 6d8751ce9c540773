"""An emergency comes first for anyone in any contact, whatever else is going on, and the way out still second.

Nothing but the law keeps it from being proposed: where nobody may be written to unasked, it is not.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.decision import decide
from tests.scenarios.anyone import CASES, CATALOGUE, POLICY, TOLD, Case, steadily, taught
from tests.scenarios.test_telecom import KNOWLEDGE

(EMERGENCY,) = (action.id for action in CATALOGUE.actions if action.emergency)
(WAY_OUT,) = (action.id for action in CATALOGUE.actions if action.cancels)
WISHES = (None, *POLICY.leaving.intents, *POLICY.leaving.confirmed)


def in_need(case: Case, wish: str | None) -> Case:
    """The same customer, who has lost his phone."""
    contact = case.request.contact.model_copy(update={"subject": "lost_phone", "intent": wish})
    request = case.request.model_copy(update={"contact": contact, "detail": "full"})
    return case._replace(request=request)


@steadily(800)
@given(case=CASES, wish=st.sampled_from(WISHES), seed=st.sampled_from([1, 2]))
def test_an_emergency_stands_first_and_the_way_out_second(case: Case, wish: str | None, seed: int) -> None:
    urgent = in_need(case, wish)
    decision = urgent.decided(taught(seed))
    shown = [proposal.action_id for proposal in decision.proposals]
    stopped = {veto.tier for veto in decision.vetoes if veto.action_id == EMERGENCY}
    assert stopped <= {"legal"}
    assert (shown[:1] == [EMERGENCY]) is (not stopped)
    assert (WAY_OUT in shown[:2]) is urgent.situation().leaving


def test_scenarios_show_it_first_in_every_mode() -> None:
    told = [decide(*question[:3], KNOWLEDGE, now=question[3], decision_id="p00-1") for question in TOLD]
    urgent = {each.mode for each in told if each.proposals and each.proposals[0].action_id == EMERGENCY}
    assert urgent == {mode.id for mode in POLICY.modes}
