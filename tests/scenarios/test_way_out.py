"""Whoever voices a wish to leave is shown the way out, whatever else is proposed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.scenarios.anyone import CASES, CATALOGUE, POLICY, Case, steadily, taught

WISHES = (*POLICY.leaving.intents, *POLICY.leaving.confirmed)
(WAY_OUT,) = (action.id for action in CATALOGUE.actions if action.cancels)
OPEN_TO_LEAVERS = {"proceed_to_cancel", "fix_first", "save"}
"""Every later mode comes behind the wish to leave."""


@steadily(800)
@given(case=CASES, wish=st.sampled_from(WISHES), seed=st.sampled_from([1, 2]))
def test_once_a_wish_to_leave_is_voiced_the_cancel_process_is_first_or_second(
    case: Case, wish: str, seed: int
) -> None:
    decision = case.leaving(wish).decided(taught(seed))
    assert WAY_OUT in [proposal.action_id for proposal in decision.proposals[:2]]


@steadily(400)
@given(case=CASES)
def test_a_wish_voiced_earlier_in_the_conversation_stands_and_nobody_else_is_shown_the_door(
    case: Case,
) -> None:
    shown = [proposal.action_id for proposal in case.decided().proposals]
    assert (WAY_OUT in shown[:2]) is case.situation().leaving
    assert (WAY_OUT in shown) is (WAY_OUT in shown[:2])


def test_these_are_met_in_every_mode_in_which_somebody_can_leave() -> None:
    modes: set[str] = set()

    @steadily(200)
    @given(case=CASES, wish=st.sampled_from(WISHES))
    def ask(case: Case, wish: str) -> None:
        modes.add(case.leaving(wish).decided().mode)

    ask()
    assert modes == OPEN_TO_LEAVERS
