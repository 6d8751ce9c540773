"""Law packs: read and checked, written into the policy that names them, and never slipped past by a missing fact."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
import yaml

from api.languages import spoken
from models.documents import DocumentError, version_of
from models.in_force import early, expired, load_lawful, loose, missing_packs, under_law
from models.knowledge import build_knowledge
from models.law import LawPack, load_law
from models.law_page import page
from models.law_run import run_law
from models.policy import Policy, load_policy
from tests.builders import a_catalogue, a_policy, a_rule, an_offer, both, policy_bytes

RULE = {
    "id": "adult",
    "source": "article 1",
    "require": "customer.age >= 18",
    "reason": both("Te jong", "Too young"),
}
TOLD = {
    "id": "told",
    "source": "article 2",
    "when": "contact.bot",
    "text": both("Ik ben een bot", "I am a bot"),
}
OPEN = {"id": "open", "source": "article 3", "text": both("Open", "Open")}
TESTS = (
    {"name": "A minor is refused", "customer": {"facts": {"age": 17}}, "stopped_by": "adult"},
    {"name": "An adult is not", "customer": {"facts": {"age": 18}}},
    {"name": "A bot says so", "contact": {"speaker": "bot"}, "discloses": ["told"]},
    {
        "name": "Leaving is open",
        "action": {"kind": "process", "cancels": True},
        "contact": {"intent": "cancel"},
        "proves": "open",
    },
)


def pack_bytes(**given: Any) -> bytes:
    content = {
        "id": "xx",
        "release": "2026-07",
        "jurisdiction": "Nowhere",
        "valid_from": date(2026, 7, 1),
        "facts": {"age": {"type": "integer"}},
        "consents": {"calls": "may be called"},
        "rules": [RULE],
        "disclosures": [TOLD],
        "guarantees": [OPEN],
        "given": {"now": "2026-07-15T14:00:00+02:00", "customer": {"facts": {"age": 40}}},
        "tests": list(TESTS),
        **given,
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode()


def a_pack(**given: Any) -> LawPack:
    return load_law(pack_bytes(**given), "law/xx.yaml")


def lawful(pack: bytes | None = None, **given: Any) -> Policy:
    return load_lawful(policy_bytes(law=["xx"], **given), "policy.yaml", {"xx": pack or pack_bytes()})


def problems(call: Any, *given: Any, **named: Any) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        call(*given, **named)
    return [str(problem) for problem in refused.value.problems]


# --- in force -----------------------------------------------------------------------------------------------------


def test_a_policy_that_names_no_law_is_as_it_is_written() -> None:
    policy = a_policy()
    assert under_law(policy, []) is policy
    assert load_lawful(policy_bytes(), "policy.yaml", {"xx": b"never read"}) == policy


def test_a_pack_in_force_writes_its_rules_disclosures_facts_and_consents_into_the_policy() -> None:
    policy = lawful(rules=[a_rule("true")])
    rule = policy.rules[1]
    assert (rule.id, rule.tier, rule.source, rule.vetoes_missing) == ("xx.adult", "legal", "article 1", True)
    told = policy.disclosures[0]
    assert (told.id, told.when, told.source) == ("xx.told", "contact.bot", "article 2")
    assert policy.facts["age"].type == "integer"
    assert policy.consents["calls"].text == "may be called"
    assert [pack.edition for pack in policy.packs] == ["xx@2026-07"]


def test_what_the_policy_declares_itself_stands() -> None:
    own = {"age": {"type": "integer", "description": "years"}}
    policy = lawful(facts=own, consents={"calls": "mine"})
    assert policy.facts["age"].description == "years"
    assert policy.consents["calls"].text == "mine"


def test_the_version_of_a_policy_covers_its_packs() -> None:
    bare = load_policy(policy_bytes(law=["xx"]))
    one, other = lawful(), lawful(pack_bytes(release="2026-08"))
    assert len({bare.version, one.version, other.version}) == 3
    assert one.version == version_of(f"{bare.version}\n{version_of(pack_bytes())}".encode())


def test_a_rule_stands_in_its_pack_and_says_which_release() -> None:
    policy = lawful(rules=[a_rule("true")])
    assert policy.stands_in("xx.adult") == "xx@2026-07"
    assert policy.stands_in("r") == policy.edition == f"policy@{policy.version[7:19]}"


def test_a_disclosure_of_another_name_is_the_policys_own() -> None:
    policy = lawful(disclosures=[{"id": "told", "text": both("Eigen", "Own")}])
    assert [row.id for row in policy.disclosures] == ["told", "xx.told"]


def test_the_policy_may_say_a_disclosure_in_its_own_words() -> None:
    policy = lawful(disclosures=[{"id": "xx.told", "text": both("Een machine", "A machine")}])
    assert [(row.id, row.when, row.text["en"]) for row in policy.disclosures] == [
        ("xx.told", "contact.bot", "A machine")
    ]


def test_its_own_words_name_what_the_law_names_and_leave_it_to_say_when() -> None:
    dated = {**TOLD, "when": "action.commitment_months > 0", "text": both("Tot {new_end_date:date}")}
    tests = [
        *TESTS[:2],
        {"name": "Told", "action": {"commitment": {"months": 6}}, "discloses": ["told"]},
        TESTS[3],
    ]
    own = {"id": "xx.told", "when": "true", "text": both("Nieuwe termijn", "Until {new_end_date}")}
    found = problems(lawful, pack_bytes(disclosures=[dated], tests=tests), disclosures=[own])
    assert [line.partition(": ")[2] for line in found] == [
        "disclosures[xx.told].when: the law pack says when; remove it",
        "disclosures[xx.told].text.nl: must name {new_end_date}, as law pack 'xx' does; add it",
    ]


def test_a_condition_of_a_pack_that_cannot_be_used_names_the_pack() -> None:
    policy = lawful(
        pack_bytes(
            rules=[{**RULE, "require": "customer.aged >= 18"}],
            disclosures=[{**TOLD, "when": "contact.robot"}],
        )
    )
    found = problems(build_knowledge, a_catalogue(an_offer()), policy, wordbooks=spoken())
    assert [line.partition(": ")[2].partition(": ")[0] for line in found] == [
        "rules[adult].require",
        "disclosures[told].when",
    ]
    assert all(line.startswith("law/xx.yaml:") for line in found)


def test_a_policy_read_without_the_law_it_names_decides_nothing() -> None:
    policy = load_policy(policy_bytes(law=["xx"]))
    found = problems(build_knowledge, a_catalogue(an_offer()), policy, wordbooks=spoken())
    assert [line.partition(": ")[2] for line in found] == [
        "law[0]: the rules of law pack 'xx' are not in force; load the policy with its packs"
    ]
    assert missing_packs(lawful()) == []


# --- refused ------------------------------------------------------------------------------------------------------


def test_packs_that_cannot_be_found_or_read_are_told_together() -> None:
    found = problems(
        load_lawful,
        policy_bytes(law=["xx", "xx", "yy", "zz"]),
        "policy.yaml",
        {"xx": pack_bytes(), "zz": pack_bytes(jurisdiction=1)},
    )
    assert [line.partition(": ")[2] for line in found] == [
        "law[1]: 'xx' is named twice; keep one",
        "law[2]: there is no law pack 'yy' (there are: xx, zz); write law/yy.yaml beside the policy, or correct the name",
        "jurisdiction: input should be a valid string, not 1",
    ]
    assert "(there are: none)" in problems(load_lawful, policy_bytes(law=["xx"]), "policy.yaml", {})[0]


def test_a_pack_is_called_as_its_file() -> None:
    found = problems(load_lawful, policy_bytes(law=["yy"]), "policy.yaml", {"yy": pack_bytes()})
    assert found == ["law/yy.yaml:1: id: the file is law/yy.yaml; write id: yy, or rename the file"]


def test_a_pack_speaks_every_language_of_the_policy() -> None:
    found = problems(lawful, pack_bytes(disclosures=[{**TOLD, "text": {"en": "I am a bot"}}]))
    assert len(found) == 1
    assert "disclosures[told].text: no text in 'nl', which the policy speaks; add it in a copy" in found[0]


def test_a_fact_of_another_type_and_a_rule_that_passes_for_law_are_refused() -> None:
    found = problems(lawful, facts={"age": {"type": "string"}}, rules=[a_rule("true", id="xx.mine")])
    assert [line.partition(": ")[2] for line in found] == [
        "facts.age.type: is string, and law pack 'xx' reads it as integer; correct its type",
        "rules[xx.mine].id: begins as the rules of law pack 'xx' do; rename it",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rules": [RULE, deepcopy(RULE)]}, "rules[adult].id: 'adult' is used twice; give each its own id"),
        ({"rules": [{**RULE, "reason": both("{", "x")}]}, "rules[adult].reason.nl: Single '{' encountered"),
        (
            {"facts": {"age": {"type": "integer"}, "objections": {"type": "string"}}},
            "facts.objections: a fact may not be called",
        ),
        ({"rules": [{**RULE, "tier": "legal"}]}, "rules[adult].tier: unknown key"),
        ({"rules": [{**RULE, "on_missing": "pass"}]}, "rules[adult].on_missing: unknown key"),
        ({"release": "July"}, "release: string should match pattern"),
        ({"given": {}}, "tests[0]: has no 'now'; state it here or under 'given'"),
        (
            {"tests": TESTS[1:]},
            "rules[adult]: no test has it in 'stopped_by'; add one that shows what it does",
        ),
        ({"tests": [*TESTS[:2], TESTS[3]]}, "disclosures[told]: no test has it in 'discloses'"),
        ({"tests": TESTS[:3]}, "guarantees[open]: no test has it in 'proves'"),
        (
            {"tests": [*TESTS, {"name": "x", "stopped_by": "adulte"}]},
            "tests[4].stopped_by: unknown name 'adulte'; there are: adult",
        ),
        (
            {"tests": [*TESTS, {"name": "x", "discloses": ["tolled"]}]},
            "tests[4].discloses: unknown name 'tolled'; there are: told",
        ),
        ({"guarantees": []}, "tests[3].proves: unknown name 'open'; there are: none"),
    ],
)
def test_a_pack_that_is_wrong_says_where(given: dict[str, Any], message: str) -> None:
    found = problems(load_law, pack_bytes(**given), "law/xx.yaml")
    assert any(message in line for line in found), found


def test_a_pack_that_was_not_read_from_a_file_has_no_document() -> None:
    made = LawPack.model_validate(
        {"id": "xx", "release": "2026-07", "jurisdiction": "x", "valid_from": "2026-07-01"}
    )
    with pytest.raises(ValueError, match="this lawpack was not read from a file; load it from one"):
        _ = made.document


# --- in time ------------------------------------------------------------------------------------------------------


def test_a_pack_may_be_used_until_its_last_day_and_before_its_first() -> None:
    policy = lawful(pack_bytes(valid_until=date(2027, 6, 30)))
    assert expired(policy, date(2026, 1, 1)) == expired(policy, date(2027, 6, 30)) == []
    assert [str(problem).partition(": ")[2] for problem in expired(policy, date(2027, 7, 1))] == [
        "valid_until: this release ended on 2027-06-30, and today is 2027-07-01; put the next one into law/xx.yaml beside the policy"
    ]
    assert expired(lawful(), date(2099, 1, 1)) == []


def test_a_pack_before_its_first_day_is_in_force_and_noted() -> None:
    policy = lawful()
    assert [str(note).partition(": ")[2] for note in early(policy, date(2026, 6, 30))] == [
        "valid_from: the law asks it from 2026-07-01, and it is in force at once; leave it out of 'law' until then if that is too early"
    ]
    assert early(policy, date(2026, 7, 1)) == []


# --- no way past ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"require": "customer.age >= 18"}, []),
        ({"require": "customer.age >= 18", "on_missing": "veto"}, []),
        ({"require": "customer.age >= 18", "on_missing": "pass"}, ["rules[r].on_missing"]),
        ({"require": "!has(customer.age) || customer.age >= 18"}, ["rules[r].require"]),
        ({"require": "has(customer.age)", "on_missing": "pass"}, ["rules[r].on_missing", "rules[r].require"]),
        ({"require": "has(customer.age)", "on_missing": "pass", "tier": "relevance"}, []),
    ],
)
def test_a_missing_fact_slips_past_no_legal_rule(given: dict[str, Any], keys: list[str]) -> None:
    rule = a_rule(given.pop("require"), **{"tier": "legal", **given})
    assert [problem.key for problem in loose(a_policy(rules=[rule]))] == keys


# --- its own tests --------------------------------------------------------------------------------------------------


def test_the_tests_of_a_pack_run_under_its_rules_alone() -> None:
    assert [(outcome.name, outcome.failures) for outcome in run_law(a_pack(), spoken())] == [
        (test["name"], ()) for test in TESTS
    ]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"name": "x", "stopped_by": "adult"}, "tests[4].stopped_by: expected xx.adult; came nothing"),
        (
            {"name": "x", "customer": {"facts": {"age": 3}}},
            "tests[4].stopped_by: expected nothing; came xx.adult",
        ),
        ({"name": "x", "discloses": ["told"]}, "tests[4].discloses: expected xx.told; came nothing"),
        ({"name": "x", "contact": {"speaker": "bot"}}, "tests[4].discloses: expected nothing; came xx.told"),
        (
            {
                "name": "x",
                "customer": {"holdings": ["added"]},
                "contact": {"intent": "cancel"},
                "proves": "open",
            },
            "tests[4].proves: expected the action first or second; came way-out",
        ),
    ],
)
def test_a_test_that_fails_says_what_came_instead(test: dict[str, Any], message: str) -> None:
    outcome = run_law(a_pack(tests=[*TESTS, test]), spoken())[-1]
    assert [str(failure).partition(": ")[2] for failure in outcome.failures] == [message]


def test_an_action_that_is_none_names_its_key() -> None:
    wrong = {"name": "x", "action": {"kind": "present", "colour": "red"}}
    found = problems(run_law, a_pack(tests=[*TESTS, wrong]), spoken())
    assert [line.partition(": ")[2].partition(": ")[0] for line in found] == [
        "tests[4].action.kind",
        "tests[4].action.colour",
    ]


def test_a_pack_without_rules_speaks_english() -> None:
    pack = a_pack(rules=[], tests=TESTS[2:], facts={}, given={"now": "2026-07-15T14:00:00+02:00"})
    assert all(not outcome.failures for outcome in run_law(pack, spoken()))


# --- as a page --------------------------------------------------------------------------------------------------------


def test_a_pack_reads_as_a_page() -> None:
    lines = page(a_pack(valid_until=date(2027, 6, 30))).splitlines()
    assert lines[0] == "# Law pack `xx`: Nowhere"
    assert lines[2].startswith("Release 2026-07; the law asks it from 2026-07-01, until 2027-06-30.")
    for line in (
        "* fact `age`, integer: ",
        "* consent `calls`: may be called",
        "### `xx.adult`",
        "article 1.",
        "customer.age >= 18",
        "* nl: Te jong",
        "Tested: A minor is refused.",
        "### `xx.told`",
        "Tested: A bot says so.",
        "### `xx.open`",
        "Tested: Leaving is open.",
        "* An adult is not",
    ):
        assert line in lines


def test_a_page_leaves_out_what_a_pack_has_not() -> None:
    text = page(a_pack(facts={}, consents={}, rules=[], disclosures=[], guarantees=[], tests=[]))
    assert "##" not in text
