"""A policy is read whole or refused with every mistake in it."""

from __future__ import annotations

from typing import Any

import pytest

from models.documents import DocumentError, version_of
from models.policy import Policy, load_policy
from models.sections.money import Money, QueueStep
from models.sections.rules import Rule
from tests.builders import MODES, a_mode, a_policy, a_rule, both, policy_bytes

LAST = a_mode("grow")


def problems_of(**given: Any) -> list[str]:
    """Each problem without its line: `key: message`."""
    with pytest.raises(DocumentError) as caught:
        load_policy(policy_bytes(**given))
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


def test_a_policy_is_known_by_the_hash_of_its_bytes() -> None:
    assert load_policy(policy_bytes()).version == version_of(policy_bytes())


def test_a_version_is_not_written_in_the_file() -> None:
    assert problems_of(version="2") == ["version: is the hash of the file and not written in it; remove it"]


def test_a_policy_of_one_mode_is_enough() -> None:
    policy = load_policy(b"languages: [nl]\nmodes: [{id: grow, kinds: [offer], text: {nl: Groei}}]")
    assert (policy.leaving.rounds, policy.money.horizon_months, policy.arbitration.proposals) == (2, 36, 3)


# --- prices of time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("load", "price"), [(None, 0.5), (0.79, 0.5), (0.8, 0.75), (1.0, 1.0), (2.0, 1.0)])
def test_a_minute_costs_more_when_it_is_busy(load: float | None, price: float) -> None:
    money = Money(minute_price=0.5, queue=(QueueStep(load=0.8, factor=1.5), QueueStep(load=1.0, factor=2.0)))
    assert money.minute(load) == price


def test_facts_that_run_by_themselves_are_listed() -> None:
    policy = a_policy(facts={"tenure": {"type": "integer", "clock": 1}, "age": {"type": "integer"}})
    assert policy.clocks == {"tenure": 1.0}


# --- rules and the facts they miss -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "vetoes"),
    [
        ("legal", True),
        ("eligibility", True),
        ("relevance", False),
        ("suitability", False),
        ("contact_policy", False),
    ],
)
def test_a_missing_fact_stops_only_where_law_and_right_speak(tier: str, vetoes: bool) -> None:
    assert Rule(**a_rule("true", tier=tier)).vetoes_missing is vetoes


@pytest.mark.parametrize(
    ("tier", "said", "vetoes"), [("legal", "pass", False), ("suitability", "veto", True)]
)
def test_a_rule_may_say_otherwise(tier: str, said: str, vetoes: bool) -> None:
    assert Rule(**a_rule("true", tier=tier, on_missing=said)).vetoes_missing is vetoes


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_a_timezone_must_exist() -> None:
    assert problems_of(timezone="Europe/Mokum") == [
        "timezone: no timezone 'Europe/Mokum'; use a name such as Europe/Amsterdam"
    ]


@pytest.mark.parametrize("name", ["../etc/passwd", "", "Europe"])
def test_a_timezone_is_not_a_path(name: str) -> None:
    assert problems_of(timezone=name) == [
        f"timezone: no timezone '{name}'; use a name such as Europe/Amsterdam"
    ]


def test_a_fact_may_not_take_a_name_the_service_fills() -> None:
    assert problems_of(facts={"holdings": {"type": "integer"}}) == [
        "facts: a fact may not be called 'holdings', which the service fills itself; rename it"
    ]


@pytest.mark.parametrize("name", ["1st", "a-b", "a__b", "_a", "é"])
def test_a_fact_has_a_name_that_rules_can_read(name: str) -> None:
    assert problems_of(facts={name: {"type": "integer"}})[0].startswith(f"facts.{name}: string should match")


def test_a_label_is_for_one_of_the_values() -> None:
    labels = {"gold": {"nl": "goud", "en": "gold"}}
    assert problems_of(facts={"tier": {"type": "string", "values": ["silver"], "labels": labels}}) == [
        "facts.tier: 'gold' has a label and is none of 'values'; add it there or correct the name"
    ]


def test_only_a_text_has_a_list_of_values() -> None:
    assert problems_of(facts={"nps": {"type": "integer", "values": ["1"]}}) == [
        "facts.nps: a fact of type integer has no list of values; remove 'values'"
    ]


@pytest.mark.parametrize("bound", [{"minimum": 0}, {"maximum": 9}, {"clock": 1}])
def test_only_a_number_has_bounds_and_a_clock(bound: dict[str, float]) -> None:
    assert problems_of(facts={"region": {"type": "string", **bound}}) == [
        "facts.region: a fact of type string has no minimum, maximum or clock; remove them"
    ]


@pytest.mark.parametrize(
    ("section", "key", "item"),
    [
        ("modes", "id", a_mode("x", when="true")),
        ("rules", "id", a_rule("true", id="x")),
        ("reasons", "code", {"code": "x", "text": both("R")}),
        ("disclosures", "id", {"id": "x", "text": both("D")}),
    ],
)
def test_a_name_used_twice_is_named(section: str, key: str, item: dict[str, Any]) -> None:
    items = [item, item, *([LAST] if section == "modes" else [])]
    assert problems_of(**{section: items}) == [
        f"{section}[x].{key}: 'x' is used twice; give each its own {key}"
    ]


@pytest.mark.parametrize(
    ("section", "key", "item"),
    [
        ("modes", "text", a_mode("x", text={"nl": "T"})),
        ("rules", "reason", a_rule("true", id="x", reason={"nl": "R"})),
        ("reasons", "text", {"code": "x", "text": {"nl": "R"}}),
        ("disclosures", "text", {"id": "x", "text": {"nl": "D"}}),
    ],
)
def test_every_language_of_the_policy_has_texts(section: str, key: str, item: dict[str, Any]) -> None:
    assert problems_of(**{section: [item]}) == [f"{section}[x].{key}: no text in 'en'; add it"]


def test_a_broken_placeholder_is_named_with_its_language() -> None:
    assert problems_of(reasons=[{"code": "x", "text": both("R", "{a:eur}")}]) == [
        "reasons[x].text.en: placeholder '{a:eur}' has an unknown format; use euro, number, date or percent"
    ]


def test_the_last_mode_is_for_everything_else() -> None:
    assert problems_of(modes=[a_mode("x", when="true"), a_mode("y", when="true")]) == [
        "modes[y].when: the last mode is for everything else; remove 'when'"
    ]


def test_no_mode_stands_behind_one_that_always_holds() -> None:
    assert problems_of(modes=[a_mode("x"), LAST]) == [
        "modes[x]: has no 'when', so no later mode can be reached; add one or move it last"
    ]


def test_the_evidence_of_a_mode_must_exist() -> None:
    modes = [a_mode("x", when="true", evidence=["late", "lost"]), LAST]
    assert problems_of(modes=modes, reasons=[{"code": "late", "text": both("R")}]) == [
        "modes[x].evidence[1]: unknown reason 'lost'; add it to reasons"
    ]


def test_every_mistake_is_listed_in_the_order_of_the_lines() -> None:
    with pytest.raises(DocumentError) as caught:
        load_policy(
            policy_bytes(
                modes=[a_mode("x"), LAST],
                rules=[a_rule("true", reason={"nl": "R"})],
                reasons=[{"code": "a", "text": {}}],
            )
        )
    lines = [problem.line for problem in caught.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)


def test_a_problem_found_later_still_knows_its_line() -> None:
    policy = load_policy(policy_bytes(), "my.yaml")
    assert str(policy.problem(("languages",), "no")) == "my.yaml:1: languages: no"


def test_a_policy_made_without_a_file_is_known_by_its_name() -> None:
    policy = Policy.model_validate({"languages": ["nl"], "modes": [MODES[1] | {"text": {"nl": "G"}}]})
    assert str(policy.problem(("rules", 0), "no")) == "policy: rules[0]: no"


def test_a_company_may_stand_elsewhere() -> None:
    assert a_policy(timezone="Asia/Tokyo").timezone == "Asia/Tokyo"


def test_what_reopens_a_mode_is_said_in_every_language_or_in_none() -> None:
    assert problems_of(modes=[a_mode("m", reopens={"nl": "Straks"})]) == [
        "modes[m].reopens[0].text: no text in 'en'; add it"
    ]
    rows = [{"when": "contact.leaving", "text": both("Straks")}, {"text": {"nl": "{"}}]
    assert problems_of(modes=[a_mode("m", reopens=rows)]) == [
        "modes[m].reopens[1].text: no text in 'en'; add it",
        "modes[m].reopens[1].text.nl: Single '{' encountered in format string; a literal brace is written twice, {{ or }}",
    ]


@pytest.mark.parametrize(
    ("leaving", "line"),
    [
        ({"declined": {"too_dear": "prize"}}, "leaving.declined.too_dear"),
        (
            {"inferred": [{"motive": "prize", "when": "contact.leaving", "probability": 0.5}]},
            "leaving.inferred[0].motive",
        ),
    ],
)
def test_a_motive_that_is_not_listed_is_refused(leaving: dict[str, Any], line: str) -> None:
    with pytest.raises(DocumentError) as caught:
        a_policy(leaving={"motives": ["price"], **leaving})
    assert f"{line}: unknown motive 'prize'; add it to leaving.motives or correct the name" in str(
        caught.value
    )


@pytest.mark.parametrize("probability", [0, 1])
def test_an_inferred_motive_is_neither_impossible_nor_certain(probability: int) -> None:
    row = {"motive": "price", "when": "contact.leaving", "probability": probability}
    with pytest.raises(DocumentError, match="probability"):
        a_policy(leaving={"motives": ["price"], "inferred": [row]})
