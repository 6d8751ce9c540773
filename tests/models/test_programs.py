"""Conditions at work, each trap of the engine and of the facts by name."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.expressions import Schema, parse
from models.programs import EvaluationError, Missing, Program, Programs

SCHEMA = Schema(
    {
        "customer.arpu": "number",
        "customer.cost": "number",
        "customer.months": "integer",
        "customer.city": "string",
        "customer.vip": "boolean",
        "customer.since": "date",
        "customer.holdings": "list[string]",
        "customer.usage.data_gb": "number",
        "customer.consents": "map[boolean]",
        "history.declined_days": "map[integer]",
        "now": "timestamp",
    },
)


def answer(text: str, customer: dict[str, Any] | None = None, **values: Any) -> bool | Missing:
    programs = Programs(SCHEMA)
    program = programs.add(parse(text, SCHEMA))
    return program.run(programs.context(({} if customer is None else {"customer": customer}) | values))


def decided_by(text: str, customer: dict[str, Any], **values: Any) -> dict[str, Any]:
    programs = Programs(SCHEMA)
    program = programs.add(parse(text, SCHEMA))
    return program.deciding_values(programs.context({"customer": customer} | values))


# Facts


def test_a_number_that_json_wrote_without_a_point_is_a_number() -> None:
    assert answer("customer.arpu + 1 == 31", {"arpu": 30}) is True


def test_a_date_is_its_midnight_in_utc_and_a_moment_is_read_in_utc() -> None:
    assert answer("customer.since == timestamp('2026-03-01T00:00:00Z')", {"since": date(2026, 3, 1)}) is True
    assert (
        answer("now.getHours() == 22 && now.getDayOfMonth() == 30", now="2026-07-01T00:30:00+02:00") is False
    )
    assert (
        answer("now.getHours() == 22 && now.getDayOfMonth() == 29", now="2026-07-01T00:30:00+02:00") is True
    )


def test_a_moment_without_a_time_zone_is_refused_naming_the_fact() -> None:
    with pytest.raises(
        ValueError, match=r"^now: 2026-07-01T00:00:00 has no time zone; write an offset, such as Z$"
    ):
        answer("now.getHours() == 22", now=datetime(2026, 7, 1))  # noqa: DTZ001 - the trap itself


def test_a_value_of_another_type_is_refused_naming_the_fact() -> None:
    with pytest.raises(ValueError, match=r"^customer\.usage\.data_gb: 'much' is no number$"):
        answer("customer.usage.data_gb > 3.0", {"usage": {"data_gb": "much"}})


def test_a_set_is_a_list() -> None:
    assert answer("'tv' in customer.holdings", {"holdings": {"tv", "fiber"}}) is True


def test_texts_compare_beyond_ascii() -> None:
    assert (
        answer("customer.city == 'Curaçao 😀' && customer.city.contains('ç')", {"city": "Curaçao 😀"}) is True
    )


def test_a_fact_no_condition_reads_is_not_looked_at() -> None:
    assert answer("customer.vip", {"vip": True, "arpu": "anything"}) is True


# What is missing


@pytest.mark.parametrize("arpu", [None, math.nan, math.inf])
def test_none_and_what_is_not_finite_are_missing(arpu: float | None) -> None:
    assert answer("customer.arpu > 3.0", {"arpu": arpu}) == Missing(("customer.arpu",))
    assert answer("has(customer.arpu)", {"arpu": arpu}) is False


@pytest.mark.parametrize(
    "values",
    [{}, {"customer": None}, {"customer": {}}, {"customer": {"usage": None}}, {"customer": {"usage": {}}}],
)
def test_has_is_false_when_a_parent_is_missing(values: dict[str, Any]) -> None:
    assert answer("has(customer.usage.data_gb)", **values) is False
    assert answer("customer.usage.data_gb > 3.0", **values) == Missing(("customer.usage.data_gb",))
    assert answer("has(customer.usage.data_gb) && customer.usage.data_gb > 3.0", **values) is False


def test_has_is_true_for_a_fact_that_is_there_even_when_false_or_zero() -> None:
    assert (
        answer("has(customer.usage.data_gb) && has(customer.vip)", {"usage": {"data_gb": 0}, "vip": False})
        is True
    )


def test_an_entry_of_a_map_may_be_missing_with_or_without_its_map() -> None:
    assert answer("customer.consents.email", {"consents": {"email": True}}) is True
    without: tuple[dict[str, Any], ...] = ({"consents": {"email": None, "phone": True}}, {"consents": {}}, {})
    for customer in without:
        assert answer("customer.consents.email", customer) == Missing(("customer.consents.email",))
        assert answer("has(customer.consents.email)", customer) is False
    assert (
        answer(
            "has(customer.consents.email) && !has(customer.consents.phone)", {"consents": {"email": False}}
        )
        is True
    )
    assert answer("'email' in customer.consents", {}) == Missing(("customer.consents",))


def test_an_entry_looked_up_by_another_fact_is_missing_by_its_text() -> None:
    condition = "history.declined_days[customer.city] > 3"
    assert answer(condition, {"city": "a"}, history={"declined_days": {"a": 4}}) is True
    assert answer(condition, {"city": "b"}, history={"declined_days": {"a": 4}}) == Missing(
        ("history.declined_days[customer.city]",)
    )
    assert answer(condition, {}, history={"declined_days": {"a": 4}}) == Missing(("customer.city",))


def test_one_side_that_decides_makes_a_missing_fact_not_matter() -> None:
    assert answer("customer.arpu > 3.0 || customer.vip", {"vip": True}) is True
    assert answer("customer.arpu > 3.0 && customer.vip", {"vip": False}) is False
    assert answer("customer.arpu > 3.0 || customer.vip", {"vip": False}) == Missing(("customer.arpu",))


def test_missing_names_the_facts_that_are_read_not_those_asked_for() -> None:
    condition = "!has(customer.city) && customer.arpu > customer.cost && customer.holdings.exists(h, h == customer.city)"
    assert answer(condition, {"cost": 1.0}) == Missing(
        ("customer.arpu", "customer.holdings", "customer.city")
    )


def test_a_missing_answer_is_neither_true_nor_false() -> None:
    with pytest.raises(
        TypeError,
        match=r"^an answer that misses customer\.vip is neither true nor false; compare it with `is True`$",
    ):
        bool(answer("customer.vip"))


# What cannot be answered


@pytest.mark.parametrize(
    ("text", "customer"),
    [
        ("12 / customer.months > 1", {"months": 0}),
        ("customer.months + 1 > 1", {"months": 2**63 - 1}),
        ("customer.arpu / customer.cost > 1.0", {"arpu": 0, "cost": 0}),
    ],
)
def test_division_by_zero_overflow_and_not_a_number_have_no_answer(
    text: str, customer: dict[str, Any]
) -> None:
    with pytest.raises(EvaluationError) as failed:
        answer(text, customer)
    assert str(failed.value).startswith(f"{text}: ")


# Programs


def test_each_distinct_text_is_compiled_once() -> None:
    programs = Programs(SCHEMA)
    one = programs.add(parse("customer.arpu>3.0", SCHEMA))
    assert isinstance(one, Program)
    assert programs.add(parse("(customer.arpu) > 3", SCHEMA)) is one
    programs.add(parse("has(customer.arpu)", SCHEMA))
    programs.add(parse("customer.arpu > 4.0", SCHEMA))
    assert len(programs) == 3
    assert programs.context({"customer": {"arpu": 3, "cost": 2}}).facts == {
        "customer__arpu": 3.0,
        "has__customer__arpu": True,
    }


def test_an_empty_map_or_list_of_an_action_can_still_be_looked_into() -> None:
    schema = Schema(
        {"customer.city": "string", "action.limits": "map[number]", "action.sells": "list[string]"}
    )
    programs = Programs(schema)
    condition = parse("customer.city in action.limits || customer.city in action.sells", schema).bind(
        "action", {"limits": {}, "sells": []}
    )
    assert condition.text == "customer.city in {} || customer.city in []"
    assert programs.add(condition).run(programs.context({"customer": {"city": "a"}})) is False


def test_a_constant_condition_runs_too() -> None:
    assert answer("true") is True
    assert answer("1 > 2") is False


# What decided


def test_of_a_false_conjunction_only_the_false_side_decided() -> None:
    assert decided_by("customer.vip && customer.arpu > 30.0", {"vip": True, "arpu": 20}) == {
        "customer.arpu": 20
    }


def test_of_a_false_disjunction_every_side_decided() -> None:
    assert decided_by("customer.vip || customer.arpu > 30.0", {"vip": False, "arpu": 20}) == {
        "customer.vip": False,
        "customer.arpu": 20,
    }


def test_a_negation_is_false_by_what_is_true_in_it() -> None:
    assert decided_by("!(customer.vip || customer.arpu > 30.0)", {"vip": True, "arpu": 20}) == {
        "customer.vip": True
    }


def test_of_a_choice_the_condition_and_the_chosen_side_decided() -> None:
    text = "customer.vip ? customer.arpu > 30.0 : customer.months > 3"
    assert decided_by(text, {"vip": True, "arpu": 20, "months": 1}) == {
        "customer.vip": True,
        "customer.arpu": 20,
    }
    assert decided_by(text, {"vip": False, "arpu": 20, "months": 1}) == {
        "customer.vip": False,
        "customer.months": 1,
    }


def test_an_absent_fact_that_has_asked_for_decides_as_none() -> None:
    assert decided_by("has(customer.usage.data_gb)", {"vip": True}) == {"customer.usage.data_gb": None}
    assert decided_by("has(customer.consents.email)", {"consents": {"phone": True}}) == {
        "customer.consents.email": None
    }


def test_a_side_that_misses_a_fact_did_not_decide() -> None:
    assert decided_by("customer.arpu > 30.0 && customer.vip", {"vip": False}) == {"customer.vip": False}


def test_without_an_answer_nothing_decided() -> None:
    assert decided_by("customer.arpu > 30.0 && customer.vip", {}) == {}


def test_an_atom_alone_decided_whatever_it_said() -> None:
    assert decided_by("customer.arpu > 30.0", {}) == {"customer.arpu": None}


def test_what_decided_can_be_asked_for_every_request_anew() -> None:
    programs = Programs(SCHEMA)
    program = programs.add(parse("customer.since < now", SCHEMA))
    now = datetime(2026, 7, 1, tzinfo=UTC)
    for since in ("2027-01-01", "2026-01-01"):
        context = programs.context({"customer": {"since": since}, "now": now})
        assert program.deciding_values(context) == {"customer.since": since, "now": now}


def test_plain_values_can_be_looked_up_and_absent_ones_are_none() -> None:
    programs = Programs(SCHEMA)
    texts = (
        "'tv' in customer.holdings",
        "customer.consents.email",
        "customer.arpu > 1.0",
        "history.declined_days.tv > 1",
    )
    for text in texts:
        programs.add(parse(text, SCHEMA))
    customer = {"holdings": ["tv", "dsl"], "consents": {"email": True, "app": False}}
    plain = programs.plain({"customer": customer})
    assert plain == {
        "customer__holdings": ("tv", "dsl"),
        "customer__consents": (("app", False), ("email", True)),
        "customer__arpu": None,
        "history__declined_days": None,
    }
    assert hash(tuple(plain.items()))
