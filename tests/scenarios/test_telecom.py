"""The telecom provider answers as its scenarios say; each scenario is a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.flag_file import read_flags
from api.languages import spoken
from api.law import shipped
from models.catalogue import load_catalogue
from models.domain import Flags
from models.in_force import load_lawful
from models.knowledge import build_knowledge
from models.scenario_judge import judge
from models.scenario_names import unknown_names
from models.scenario_run import decide_scenario
from models.scenarios import Past, PastEvent, Scenario, load_scenarios

TELECOM = Path(__file__).parents[2] / "examples" / "telecom"
KNOWLEDGE = build_knowledge(
    load_catalogue((TELECOM / "catalogue.yaml").read_bytes()),
    load_lawful((TELECOM / "policy.yaml").read_bytes(), "policy.yaml", shipped()),
    wordbooks=spoken(),
)
FILES = [
    load_scenarios(path.read_bytes(), path.name) for path in sorted((TELECOM / "scenarios").glob("*.yaml"))
]
SCENARIOS = [
    pytest.param(scenario, id=f"{file.document.source}: {scenario.name}")
    for file in FILES
    for scenario in file.scenarios
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_provider_answers_as_the_scenario_says(scenario: Scenario) -> None:
    assert list(judge(scenario.expect, decide_scenario(scenario, KNOWLEDGE))) == []


def test_every_name_in_the_scenarios_exists() -> None:
    assert [str(problem) for file in FILES for problem in unknown_names(file, KNOWLEDGE)] == []


def test_once_a_wish_to_leave_is_voiced_the_way_out_is_first_or_second_in_every_scenario() -> None:
    for file in FILES:
        for scenario in file.scenarios:
            if str(scenario.contact.intent).startswith("cancel"):
                decision = decide_scenario(scenario, KNOWLEDGE)
                assert "cancel" in [proposal.action_id for proposal in decision.proposals[:2]], scenario.name


def test_no_two_scenarios_have_one_name() -> None:
    names = [scenario.name for file in FILES for scenario in file.scenarios]
    assert len(set(names)) == len(names)


def test_every_proposal_says_something_in_both_languages() -> None:
    for file in FILES:
        for scenario in file.scenarios:
            for language in ("nl", "en"):
                contact = scenario.contact.model_copy(update={"language": language})
                decision = decide_scenario(scenario.model_copy(update={"contact": contact}), KNOWLEDGE)
                for proposal in decision.proposals:
                    assert proposal.say, f"{proposal.action_id} says nothing in {language}"
                    assert "{" not in proposal.say


def test_the_flags_of_the_example_are_flags() -> None:
    assert read_flags((TELECOM / "flags.json").read_bytes(), "flags.json").usual == Flags()


@pytest.mark.parametrize("arrears", [None, 12.0, 25.0, 112.0, 900.0])
@pytest.mark.parametrize("tenure", [None, 7, 40])
@pytest.mark.parametrize("unpaid", [0, 1, 2, 4])
@pytest.mark.parametrize("paid_before", [0, 2, 5])
def test_care_for_who_does_not_pay_always_has_something_to_propose(
    arrears: float | None, tenure: int | None, unpaid: int, paid_before: int
) -> None:
    given = next(file for file in FILES if file.document.source == "paying.yaml").scenarios[0]
    facts = {**given.customer.facts, "arrears_eur": arrears, "tenure_months": tenure}
    events = [PastEvent(kind="missed_payment", days_ago=200, times=paid_before)] if paid_before else []
    events += [PastEvent(kind="payment", days_ago=100)]
    events += [PastEvent(kind="missed_payment", days_ago=10, times=unpaid)] if unpaid else []
    scenario = given.model_copy(
        update={
            "customer": given.customer.model_copy(update={"facts": facts}),
            "history": Past(events=tuple(events)),
        }
    )
    decision = decide_scenario(scenario, KNOWLEDGE)
    if decision.mode == "payment_care":
        assert decision.proposals
    else:
        assert not unpaid
        assert (arrears or 0.0) < 25.0
