"""Who objects to profiling or to marketing is answered without anything that was learned from him or from others."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.consents import OBJECTIONS
from models.response import Decision
from tests.scenarios.anyone import CASES, CATALOGUE, POLICY, Case, steadily, taught

MADE_WITH = {"versions", "degraded"}
"""What names the numbers there were, used or not."""


PERSONAL = {text for row in POLICY.disclosures if row.id == "eu.personal_price" for text in row.text.values()}
"""How the customer is told that his price was personalised."""


def answer(decision: Decision) -> dict[str, Any]:
    return decision.model_dump(exclude=MADE_WITH)


@steadily(400)
@given(case=CASES, objects_to=st.sampled_from(OBJECTIONS), asked=st.booleans())
def test_the_answer_to_an_objector_depends_on_no_learned_number(
    case: Case, objects_to: str, *, asked: bool
) -> None:
    case = case.objecting(objects_to, in_request=asked).in_full()
    decision = case.decided()
    assert decision.churn is None
    assert all(proposal.value is None for proposal in decision.proposals)
    for seed in (1, 2):
        assert answer(case.decided(taught(seed))) == answer(decision)


@steadily(600)
@given(case=CASES, objects_to=st.sampled_from(OBJECTIONS), asked=st.booleans())
def test_an_objector_is_sold_nothing_and_kept_only_when_he_comes_to_leave(
    case: Case, objects_to: str, *, asked: bool
) -> None:
    case = case.objecting(objects_to, in_request=asked)
    contact = case.situation().values["contact"]
    comes_to_leave = contact["leaving_here"] and contact["direction"] == "inbound"
    for proposal in case.decided().proposals:
        if CATALOGUE.action[proposal.action_id].purpose != "service":
            assert proposal.kind in {"save", "question"}
            assert comes_to_leave
        assert not PERSONAL & set(proposal.disclosures)


def test_the_answer_to_others_does() -> None:
    """So the numbers of the test above differ where they count."""
    differs: set[bool] = set()

    @steadily(50)
    @given(case=CASES)
    def ask(case: Case) -> None:
        first, second = (case.decided(taught(seed)) for seed in (1, 2))
        differs.add([one.action_id for one in first.proposals] != [one.action_id for one in second.proposals])

    ask()
    assert True in differs
