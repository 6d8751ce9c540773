"""Catalogue and policy are put together once; what does not fit is named, and a part can be replaced without compiling again."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from api.languages import spoken
from models.catalogue import load_catalogue
from models.documents import DocumentError, version_of
from models.domain import Flags
from models.knowledge import CODE, build_knowledge, flags_bytes
from models.learned import Correction, load_learned
from tests.builders import (
    CANCEL,
    a_bundle,
    a_catalogue,
    a_mode,
    a_policy,
    a_rule,
    a_save,
    an_offer,
    catalogue_bytes,
    some_knowledge,
)


def problems_of(*actions: Any, **given: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(*actions, **given)
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


# --- versions --------------------------------------------------------------------------------------------------------------


def test_everything_is_known_by_its_version() -> None:
    catalogue, policy, learned = a_catalogue(), a_policy(), load_learned(b'{"sequence": 3}')
    versions = build_knowledge(catalogue, policy, a_bundle(), learned, wordbooks=spoken()).versions
    assert versions.model_dump() == {
        "bundle": "sha256:bundle",
        "learned": version_of(b'{"sequence": 3}'),
        "policy": policy.version,
        "catalogue": catalogue.version,
        "flags": version_of(b'{"propensity":"winner"}'),
        "code": CODE,
    }


def test_the_code_is_known_by_the_version_it_is_released_as() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == CODE


def test_without_a_bundle_and_a_snapshot_there_is_no_version_of_them() -> None:
    versions = some_knowledge().versions
    assert (versions.bundle, versions.learned) == (None, None)


def test_equal_flags_have_equal_bytes() -> None:
    assert flags_bytes(Flags(propensity="implicit")) == b'{"propensity":"implicit"}'
    assert (
        flags_bytes(Flags(policy="new", explore=0)) == b'{"explore":0.0,"policy":"new","propensity":"winner"}'
    )


# --- replacing a part --------------------------------------------------------------------------------------------------------


def test_a_new_bundle_leaves_rules_and_texts_as_they_are() -> None:
    knowledge = some_knowledge(an_offer())
    other = knowledge.with_(bundle=a_bundle())
    assert (other.book is knowledge.book, other.wording is knowledge.wording) == (True, True)
    assert other.versions.bundle == "sha256:bundle"


def test_a_part_that_is_not_named_stays() -> None:
    knowledge = some_knowledge(an_offer(), bundle=a_bundle())
    learned = load_learned(b'{"corrections": {"sell-tv": {"mean": 1}}}')
    other = knowledge.with_(learned=learned, flags=Flags(propensity="implicit"))
    assert other.bundle is knowledge.bundle
    assert other.learned.corrections == {"sell-tv": Correction(mean=1.0)}
    assert other.flags.propensity == "implicit"


def test_a_bundle_may_be_taken_away() -> None:
    assert some_knowledge(bundle=a_bundle()).with_(bundle=None).bundle is None


def test_replacing_a_part_leaves_the_old_knowledge_alone() -> None:
    knowledge = some_knowledge()
    knowledge.with_(bundle=a_bundle())
    assert knowledge.bundle is None


def test_a_new_policy_needs_new_knowledge() -> None:
    with pytest.raises(TypeError, match="cannot replace policy; build the knowledge anew"):
        some_knowledge().with_(policy=a_policy())


# --- where the two do not fit --------------------------------------------------------------------------------------------------


def test_a_rule_for_an_unknown_action_is_named() -> None:
    rule = a_rule("true", **{"for": {"actions": ["sell-tv", "sell-tb"]}})
    assert problems_of(an_offer("sell-tv"), rules=[rule]) == [
        "rules[r].for.actions[1]: unknown action 'sell-tb'; add it to the catalogue or correct the name"
    ]


def test_a_rule_for_a_family_nobody_has_is_named() -> None:
    rule = a_rule("true", **{"for": {"families": ["tv", "tb"]}})
    assert problems_of(an_offer(family="tv"), rules=[rule]) == [
        "rules[r].for.families[1]: no action has the family 'tb'; correct the name"
    ]


def test_a_rule_may_not_take_the_name_of_an_actions_own_condition() -> None:
    assert problems_of(rules=[a_rule("true", id="condition")]) == [
        "rules[condition].id: 'condition' is what an action's own condition is called; rename the rule"
    ]


def test_a_rate_for_an_unknown_motive_is_named() -> None:
    action = a_save("s", acceptance={"rate": 0.1, "by_motive": {"price": 0.1, "karma": 0.2}})
    assert problems_of(action) == [
        "actions[s].acceptance.by_motive.karma: unknown motive; add it to the policy's leaving.motives"
    ]


def test_a_chance_of_leaving_for_an_unknown_motive_is_named() -> None:
    assert problems_of(leaving={"motives": ["price"], "by_motive": {"karma": 0.2}}) == [
        "leaving.by_motive.karma: unknown motive; add it to leaving.motives"
    ]


def test_a_fact_may_not_be_called_as_a_product() -> None:
    assert problems_of(facts={"fiber": {"type": "boolean"}}) == [
        "facts.fiber: is also the id of a product; give the fact another name"
    ]


def test_every_problem_has_its_file_and_line_in_order() -> None:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(
            an_offer("o", condition="nothing", reasons=["x"]),
            rules=[a_rule("customer.x", reason={"nl": "{y}", "en": "{y}"})],
            modes=[a_mode("m", when="1"), a_mode("rest")],
        )
    places = [(problem.source, problem.line) for problem in caught.value.problems]
    assert places == sorted(places)
    assert {source for source, _ in places} == {"catalogue.yaml", "policy.yaml"}
    assert all(line > 0 for _, line in places)
    assert len(places) == 6


def test_a_catalogue_that_fits_no_policy_is_still_a_catalogue() -> None:
    actions = (an_offer("o", reasons=["x"]), CANCEL)
    assert a_catalogue(*actions).version == version_of(catalogue_bytes(*actions))


@pytest.mark.parametrize(
    ("leaving", "key"),
    [({}, "intents"), ({"intents": ["cancel"], "confirmed": []}, "intents"), ({"intents": []}, "confirmed")],
)
def test_who_can_voice_a_wish_to_leave_needs_a_way_out(leaving: dict[str, Any], key: str) -> None:
    catalogue = load_catalogue(catalogue_bytes(an_offer()))
    with pytest.raises(DocumentError) as caught:
        build_knowledge(catalogue, a_policy(leaving=leaving), wordbooks=spoken())
    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.key) == ("catalogue.yaml", 48, "actions")
    assert f"leaving.{key} of the policy can voice a wish to leave" in problem.message
    assert problem.message.endswith("add one of kind process with cancels: true")


def test_where_nobody_can_voice_it_no_way_out_is_needed() -> None:
    catalogue = load_catalogue(catalogue_bytes(an_offer()))
    knowledge = build_knowledge(
        catalogue, a_policy(leaving={"intents": [], "confirmed": []}), wordbooks=spoken()
    )
    assert [action.id for action in knowledge.catalogue.actions] == ["sell-tv"]
