"""Every proposal says why, whoever it is for, in reasons of the action itself: two of what could be declined."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.scenarios.anyone import CASES, CATALOGUE, Case, steadily

LEAST = {"offer": 2, "save": 2, "service": 2}


@steadily(800)
@given(case=CASES, language=st.sampled_from(["nl", "en"]))
def test_no_proposal_is_without_a_reason_of_its_own(case: Case, language: str) -> None:
    request = case.request.model_copy(update={"language": language})
    for proposal in case._replace(request=request).decided().proposals:
        codes = {reason.code for reason in proposal.why}
        assert len(codes) >= LEAST.get(proposal.kind, 1), proposal.action_id
        assert codes <= set(CATALOGUE.action[proposal.action_id].reasons), proposal.action_id
