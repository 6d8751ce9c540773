from __future__ import annotations

import pytest

from models.cel_syntax import read
from models.cel_tree import Constant, Failed, LocatedError, write
from models.cel_types import checked
from models.expressions import ExpressionError, Schema, parse

SCHEMA = Schema(
    types={
        "customer.arpu": "number",
        "customer.age_months": "integer",
        "customer.contract": "string",
        "customer.city": "string",
        "customer.vip": "boolean",
        "customer.since": "date",
        "customer.holdings": "list[string]",
        "customer.usage.data_gb": "number",
        "customer.consents": "map[boolean]",
        "history.declined_days": "map[integer]",
        "history.waits": "list[integer]",
        "contact.notice": "duration",
        "contact.channel": "string",
        "now": "timestamp",
        "action.id": "string",
        "action.sells": "list[string]",
        "action.discount": "number",
        "action.months": "integer",
        "action.starts": "timestamp",
        "action.limits": "map[number]",
        "action.open": "boolean",
    },
    values={
        "contact.channel": ["voice", "chat", "whatsapp"],
        "customer.holdings": ["fiber", "tv", "mobile"],
        "customer.consents": ["email", "phone"],
    },
)


def text_of(text: str) -> str:
    return parse(text, SCHEMA).text


def refusal_of(text: str) -> str:
    with pytest.raises(ExpressionError) as refused:
        parse(text, SCHEMA)
    return str(refused.value)


def bound(text: str, **action: object) -> str:
    return parse(text, SCHEMA).bind("action", action).text


# What a condition is


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('customer.vip&&!( customer.arpu>3.0 ||customer.contract=="year")', "customer.vip && !(customer.arpu > 3.0 || customer.contract == 'year')"),
        ("(customer.vip) && (customer.vip && has(customer.arpu))", "customer.vip && customer.vip && has(customer.arpu)"),
        ("customer.arpu - (customer.arpu - 1.0) > (2.0 * 3.0)", "customer.arpu - (customer.arpu - 1.0) > 6.0"),
        ("(customer.arpu + 2.5) * 2.0 > -customer.arpu", "(customer.arpu + 2.5) * 2.0 > -customer.arpu"),
        ("customer.age_months % 12 == 0 || customer.age_months / 12 >= 2", "customer.age_months % 12 == 0 || customer.age_months / 12 >= 2"),
        ("-(-customer.arpu) < -3.5", "--customer.arpu < -3.5"),
        ("customer.vip ? customer.arpu < 1.0 : (customer.vip ? true : has(customer.arpu))",
         "customer.vip ? customer.arpu < 1.0 : customer.vip ? true : has(customer.arpu)"),
        ("(customer.vip ? customer.vip : has(customer.arpu)) ? has(customer.city) : customer.vip",
         "(customer.vip ? customer.vip : has(customer.arpu)) ? has(customer.city) : customer.vip"),
        ("customer.vip == (customer.arpu < 1.0)", "customer.vip == (customer.arpu < 1.0)"),
        ("customer.consents['email'] && customer.consents.phone", "customer.consents.email && customer.consents.phone"),
        ("history.declined_days['tv 4k'] > 0x1F", "history.declined_days['tv 4k'] > 31"),
        ("history.declined_days[customer.city] > 3", "history.declined_days[customer.city] > 3"),
        ("size(customer.holdings.filter(h, h in ['tv', 'fiber'])) > 1", "size(customer.holdings.filter(h, h in ['tv', 'fiber'])) > 1"),
        ("customer.holdings.map(h, h + '!') == ['tv!']", "customer.holdings.map(h, h + '!') == ['tv!']"),
        ("customer.holdings.exists_one(h, h == 'tv')", "customer.holdings.exists_one(h, h == 'tv')"),
        ("customer.city in [customer.contract, 'x']", "customer.city in [customer.contract, 'x']"),
        ("customer.since + duration('24h') < now", "customer.since + duration('24h') < now"),
        ("now - customer.since > duration('90m')", "now - customer.since > duration('90m')"),
        ("contact.notice + duration('61s') > duration('1500us') - contact.notice", "contact.notice + duration('61s') > duration('1500us') - contact.notice"),
        ("now >= timestamp('2026-02-01T00:30:00+01:00')", "now >= timestamp('2026-01-31T23:30:00Z')"),
        ("now.getMonth() == 0 && now.getDayOfWeek() != 6", "now.getMonth() == 0 && now.getDayOfWeek() != 6"),
        ("string(customer.age_months) == '3' && int(customer.arpu) == 3", "string(customer.age_months) == '3' && int(customer.arpu) == 3"),
        ("customer.city == 'a\\'b\\\\\\n\\t\\u0007' || customer.city == \"\\U0001F600\\U000E0001é\"",
         "customer.city == 'a\\'b\\\\\\n\\t\\u0007' || customer.city == '😀\\U000e0001é'"),
        ("customer.city == r'\\d' // a comment", "customer.city == '\\\\d'"),
        ("customer.city.startsWith('a') && customer.city.matches('^a\\\\d+')", "customer.city.startsWith('a') && customer.city.matches('^a\\\\d+')"),
    ],
)  # fmt: skip
def test_a_condition_has_one_canonical_text_that_reads_as_itself(text: str, canonical: str) -> None:
    assert text_of(text) == canonical
    assert text_of(canonical) == canonical


def test_conditions_are_equal_when_their_canonical_text_is() -> None:
    one, other = parse("customer.arpu>30.0", SCHEMA), parse("(customer.arpu) > 30.0", SCHEMA)
    assert one == other
    assert len({one, other, parse("customer.arpu > 31.0", SCHEMA)}) == 2


def test_a_condition_names_the_facts_it_reads_down_to_the_entry_of_a_map() -> None:
    condition = parse(
        "customer.consents.email && history.declined_days[customer.city] > 3 && has(customer.usage.data_gb)",
        SCHEMA,
    )
    assert condition.paths == {
        "customer.consents.email",
        "history.declined_days",
        "customer.city",
        "customer.usage.data_gb",
    }
    assert condition.uses("history")
    assert not condition.uses("action")


# Integers and numbers


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("customer.arpu + 1 > 30", "customer.arpu + 1.0 > 30.0"),
        ("customer.arpu in [1, 2]", "customer.arpu in [1.0, 2.0]"),
        ("customer.arpu in [1, customer.age_months]", "customer.arpu in [1.0, double(customer.age_months)]"),
        ("customer.age_months in [1.5, 2]", "double(customer.age_months) in [1.5, 2.0]"),
        ("customer.age_months in [1, 2]", "customer.age_months in [1, 2]"),
        ("customer.age_months > 1.5", "double(customer.age_months) > 1.5"),
        ("customer.arpu > (customer.vip ? 1 : 2.5)", "customer.arpu > (customer.vip ? 1.0 : 2.5)"),
    ],
)
def test_an_integer_that_meets_a_number_is_read_as_a_number(text: str, canonical: str) -> None:
    assert text_of(text) == canonical


# What a condition may not be


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer.contrct == 'x'", "column 1: customer.contrct is no declared fact; did you mean customer.contract?"),
        ("customer.vip\n&& customer.arpuu > 1.0", "line 2, column 4: customer.arpuu is no declared fact; did you mean customer.arpu?"),
        ("zzz > 1", "column 1: zzz is no declared fact; declare it with its type, or use a declared fact"),
        ("customer.vip && customer.usage", "column 17: customer.usage is a group of facts; name one, such as customer.usage.data_gb"),
        ("customer.arpu.x > 1.0", "column 1: customer.arpu.x is no declared fact; did you mean customer.arpu?"),
        ("contact.channel == 'voise'", "column 20: 'voise' is no value the fact can have; did you mean 'voice'?"),
        ("contact.channel in ['chat', 'qqq']", "column 20: 'qqq' is no value the fact can have; known are chat, voice, whatsapp"),
        ("'fibre' in customer.holdings", "column 1: 'fibre' is no value the fact can have; did you mean 'fiber'?"),
        ("customer.holdings.exists(h, 'tvv' == h)", "column 29: 'tvv' is no value the fact can have; did you mean 'tv'?"),
        ("customer.consents.emial", "column 1: 'emial' is no key of customer.consents the fact can have; did you mean 'email'?"),
        ("'fax' in customer.consents", "column 1: 'fax' is no value the fact can have; known are email, phone"),
        ("customer.arpu", "column 1: a rule answers true or false; this is a number"),
        ("customer.arpu && true", "column 1: && does not take number and boolean"),
        ("customer.city > 3", "column 1: > does not take string and integer"),
        ("customer.arpu ? true : false", "column 1: ?: does not take number and boolean and boolean"),
        ("customer.arpu % 2.0 == 0.0", "column 1: % does not take number and number; write int(x) % 2"),
        ("customer.holdings == history.waits", "column 1: == does not take list[string] and list[integer]"),
        ("customer.arpu in history.waits", "column 1: in does not take number and list[integer]"),
        ("customer.holdings[0] == 'tv'", "column 1: [] does not take list[string] and integer; only maps have keys: for a list use 'x' in list or list.exists(x, ...)"),
        ("['a'].x == 'a'", "column 1: [] does not take list[string] and string; only maps have keys: for a list use 'x' in list or list.exists(x, ...)"),
        ("customer.city in []", "column 18: an empty list has no type; write size(x) == 0"),
        ("customer.city in ['a', 1]", "column 18: a list holds single values of one type"),
        ("customer.city in ['a', customer.holdings]", "column 18: a list holds single values of one type"),
        ("size(customer.city) > 0", "column 1: size does not take string; size of a text counts bytes here: compare with '' instead"),
        ("size() > 0", "column 1: size does not take nothing; size of a text counts bytes here: compare with '' instead"),
        ("string(customer.arpu) == '1'", "column 1: string does not take number; only integers are written the same everywhere: use string(int(x))"),
        ("has(now)", "column 1: has() takes one fact, such as has(customer.x)"),
        ("has(customer.x)", "column 5: customer.x is no declared fact; did you mean customer.vip?"),
        ("startWith(customer.city, 'a')", "column 1: startWith() is no function here; did you mean startsWith?"),
        ("now.getHours('Europe/Amsterdam') > 3", "column 1: getHours() takes no time zone here; declare the local value as a fact"),
        ("customer.city.matches('[')", "column 1: '[' is no pattern: write a regular expression without look-around or back-references"),
        ("customer.city.matches(customer.contract)", "column 1: matches() takes a constant pattern, so that it can be checked when the policy is loaded"),
        ("now - customer.since > duration('3d')", "column 24: duration('3d') has no value: write hours, minutes or seconds, such as duration('72h')"),
        ("now > timestamp('2026-01-01')", "column 7: timestamp('2026-01-01') has no value: write a moment with its offset, such as timestamp('2026-01-31T00:00:00Z')"),
        ("now > timestamp(customer.city)", "column 7: timestamp() takes a constant text; declare the fact as a timestamp"),
        ("1 / 0 > 1", "column 1: 1 / 0 divides by zero"),
        ("1 / 0 / 0 > 1", "column 1: 1 / 0 divides by zero"),
        ("customer.arpu / 0 > 1", "column 1: customer.arpu / 0.0 divides by zero"),
        ("9223372036854775807 + 1 > customer.age_months", "column 1: 9223372036854775807 + 1 has no value: Arithmetic overflow in 'add' on 9223372036854775807 and 1."),
        ("1e308 * 10.0 > customer.arpu", "column 1: 1e+308 * 10.0 is no finite number"),
        ("customer.arpu > 1e999", "column 17: 1e999 is no boolean, number or text that fits"),
        ("customer.age_months > 9223372036854775808", "column 23: 9223372036854775808 is no boolean, number or text that fits"),
        ("customer.age_months == 1u", "column 24: 1u is no boolean, number or text that fits"),
        ("customer.city == '\\ud800'", "column 18: '\\ud800' is no boolean, number or text that fits"),
        ("customer.city == null", "column 18: null is no boolean, number or text that fits; test for an absent fact with has()"),
        ("{'a': 1} == {'a': 1}", "column 1: a map or message literal or a leading dot has no place in a rule; compare facts with constants"),
        ("customer.holdings.exists(h)", "column 1: exists() takes a variable and an expression: list.exists(x, ...)"),
        ("customer.consents.exists(k, k == 'email')", "column 1: exists() goes over a list; this is a map[boolean]"),
        ("customer.holdings.exists(customer, true)", "column 1: customer already has a meaning; choose another variable"),
        ("customer.holdings.exists(h, customer.holdings.exists(h, true))", "column 29: h already has a meaning; choose another variable"),
        ("customer.holdings.exists(customer__vip, true)", "column 1: customer__vip already has a meaning; choose another variable"),
        ("customer.holdings.exists(h, h)", "column 29: exists() asks for true or false; this is a string"),
        ("customer.holdings.exists(h, h.x == 'a')", "column 29: h is the variable of a macro and has no parts"),
        ("size(customer.holdings.map(h, customer.holdings)) > 0", "column 31: map() makes a list of single values; this is a list[string]"),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_be_used_is_refused_with_its_place_and_a_remedy(
    text: str, message: str
) -> None:
    assert refusal_of(text) == message


@pytest.mark.parametrize(
    ("text", "near"),
    [("customer.vip and customer.vip", "column 14: no CEL expression near 'and customer.vip'"), ("", "column 1: no CEL expression near ''"),
     ("customer.vip &&", "column 14: no CEL expression near '&&'"), ("customer.vip\n= true", "line 2, column 1: no CEL expression near '= true'")],
)  # fmt: skip
def test_a_syntax_error_says_where_and_how_the_operators_are_written(text: str, near: str) -> None:
    assert refusal_of(text) == f"{near}; write && for and, || for or, ! for not, == for equal"


def test_a_text_is_read_once_and_one_that_is_refused_is_refused_each_time() -> None:
    assert read("customer.arpu > 12.5") is read("customer.arpu > 12.5")
    assert refusal_of("customer.vip &&") == refusal_of("customer.vip &&")


def test_a_condition_has_a_greatest_length_and_depth() -> None:
    assert (
        refusal_of("!" * 4_001)
        == "the condition has 4001 characters, at most 4000; split it into several rules"
    )
    assert (
        refusal_of("(" * 900 + "customer.vip" + ")" * 900)
        == "the condition is nested too deeply; split it into several rules"
    )


def test_a_checked_tree_can_be_checked_again_and_a_failure_in_it_is_raised() -> None:
    tree = parse("customer.holdings.exists(h, h == 'tv')", SCHEMA).node
    assert checked(tree, SCHEMA) == tree
    with pytest.raises(LocatedError, match="no value"):
        checked(Failed("no value"), SCHEMA)


# Declarations


@pytest.mark.parametrize(
    ("types", "values", "message"),
    [
        ({"customer.a__b": "number"}, {}, "customer.a__b: a fact is named by letters, digits and single underscores, parts joined by dots"),
        ({"customer.e-mail": "number"}, {}, "customer.e-mail: a fact is named by letters, digits and single underscores, parts joined by dots"),
        ({"has.x": "number"}, {}, "has.x: has is a word of CEL; choose another name"),
        ({"a.b": "map[number]", "a.b.c": "number"}, {}, "a.b.c lies inside a.b, which is declared as map[number]; declare one of the two"),
        ({"a.b": "text"}, {}, "a.b: text is no type; use one of boolean, date, duration, integer, number, string, timestamp, list[...], map[...]"),
        ({"a.b": "list[list[string]]"}, {}, "a.b: list[list[string]] is no type; use one of boolean, date, duration, integer, number, string, timestamp, list[...], map[...]"),
        ({"a.b": "number"}, {"a.b": ["1"]}, "a.b: number cannot be closed to values; only strings can"),
        ({"a.b": "list[integer]"}, {"a.b": ["1"]}, "a.b: list[integer] cannot be closed to values; only strings can"),
        ({"a.b": "string"}, {"a.c": ["1"]}, "a.c: values are given for a fact without a type; declare its type"),
    ],
)  # fmt: skip
def test_a_bad_declaration_is_refused(
    types: dict[str, str], values: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        Schema(types, values)
    assert str(refused.value) == message


# An action's constants


def test_the_constants_of_an_action_are_written_into_the_condition() -> None:
    assert bound(
        "action.discount <= customer.arpu && now < action.starts", discount=5, starts="2026-03-01"
    ) == ("5.0 <= customer.arpu && now < timestamp('2026-03-01T00:00:00Z')")
    assert (
        bound("action.limits[customer.city] > 3.0", limits={"b": 2, "a": 1.5, "none": None})
        == "{'a': 1.5, 'b': 2.0}[customer.city] > 3.0"
    )
    assert bound("history.declined_days[action.id] > 30", id="tv-4k") == "history.declined_days['tv-4k'] > 30"
    assert bound("action.limits.roam > customer.arpu", limits={"roam": 2}) == "2.0 > customer.arpu"


def test_a_condition_that_does_not_name_the_action_stays_the_same_object() -> None:
    condition = parse("customer.vip", SCHEMA)
    assert condition.bind("action", {"id": "a"}) is condition


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("action.discount == 0.0 || customer.vip", True),
        ("action.discount > 0.0 && customer.vip", False),
        ("customer.vip || action.discount == 0.0", True),
        ("action.discount > 0.0 ? customer.vip : true", True),
        ("action.discount == 0.0 ? action.months == 12 : customer.vip", True),
        ("!(action.id == 'a-1')", False),
        ("action.id.startsWith('a') && action.id.matches('^a-\\\\d$') && action.id + 'x' == 'a-1x'", True),
        ("action.months / 5 == 2 && -action.months % 5 == -2 && double(action.months) / 5.0 == 2.4", True),
        ("size(action.sells) == 2 && 'tv' in action.sells && !('x' in action.limits)", True),
        ("action.sells.exists(p, p == 'tv')", True),
        ("action.sells.all(p, p == 'tv')", False),
        ("action.sells.exists_one(p, p == 'tv')", True),
        (
            "action.sells.filter(p, p != 'tv') == ['fiber'] && action.sells.map(p, p + '1') == ['tv1', 'fiber1']",
            True,
        ),
        ("action.starts.getHours() == 23 && action.starts - duration('1h') < action.starts", True),
        ("action.limits['roam'] == 2.0 && has(action.limits.roam) && !has(action.limits.calls)", True),
        ("has(action.open) ? action.open : true", True),
        ("!has(action.open) || action.open", True),
        ("has(action.open) && action.open", False),
        ("action.sells.map(p, size(customer.holdings.filter(h, h == p)) == 0 || true) == [true, true]", True),
    ],
)
def test_what_no_longer_depends_on_a_fact_is_worked_out(text: str, answer: bool) -> None:
    action = {
        "id": "a-1", "sells": ("tv", "fiber"), "discount": 0, "months": 12, "limits": {"roam": 2}, "open": None,
        "starts": "2026-03-01T00:30:00+01:00",
    }  # fmt: skip
    assert parse(text, SCHEMA).bind("action", action).constant is answer


def test_a_macro_over_a_constant_list_becomes_one_condition_an_element() -> None:
    assert bound("action.sells.all(p, !(p in customer.holdings))", sells=["tv", "fiber"]) == (
        "!('tv' in customer.holdings) && !('fiber' in customer.holdings)"
    )
    assert (
        bound("action.sells.exists(p, p in customer.holdings)", sells=["tv"]) == "'tv' in customer.holdings"
    )
    assert bound("action.sells.exists(p, p in customer.holdings)", sells=[]) == "false"
    assert (
        bound("action.sells.exists(p, customer.holdings.exists(h, h == p))", sells=["tv"])
        == "customer.holdings.exists(h, h == 'tv')"
    )


def test_a_macro_that_counts_stays_when_its_elements_depend_on_facts() -> None:
    assert bound("action.sells.exists_one(p, p in customer.holdings)", sells={"tv", "fiber"}) == (
        "['fiber', 'tv'].exists_one(p, p in customer.holdings)"
    )


def test_true_and_false_vanish_from_what_is_left_and_a_double_not_too() -> None:
    assert bound("customer.vip && action.months == 12", months=12) == "customer.vip"
    assert bound("!(action.months == 12 && !customer.vip)", months=12) == "customer.vip"
    assert (
        bound("customer.vip && (action.months == 12 && has(customer.city))", months=12)
        == "customer.vip && has(customer.city)"
    )
    assert bound("customer.vip && (action.open || has(customer.arpu) && has(customer.city))", open=False) == (
        "customer.vip && has(customer.arpu) && has(customer.city)"
    )


def test_a_missing_constant_of_an_action_is_an_error_only_where_it_is_needed() -> None:
    condition = parse("action.discount <= 5.0 || customer.vip", SCHEMA)
    with pytest.raises(ExpressionError) as refused:
        condition.bind("action", {"discount": None})
    assert str(refused.value) == (
        "action.discount has no value; give it one, or ask has(action.discount) first (in action.discount <= 5.0 || customer.vip)"
    )
    assert bound("action.months == 0 || action.discount <= 5.0 || customer.vip", months=0) == "true"


def test_a_constant_of_the_wrong_type_and_a_division_by_a_zero_constant_are_errors() -> None:
    with pytest.raises(ExpressionError, match=r"^action\.discount: 'much' is no number$"):
        bound("has(action.discount) && customer.vip", discount="much")
    with pytest.raises(ExpressionError, match=r"^customer\.age_months / 0 divides by zero \(in "):
        bound("customer.age_months / action.months > 1", months=0)


def test_a_root_that_is_itself_a_fact_has_no_values_below_it() -> None:
    with pytest.raises(ExpressionError, match=r"^now: .* is no date or moment$"):
        parse("now > customer.since", SCHEMA).bind("now", {"x": 1})


def test_a_failed_part_is_written_so_that_nobody_takes_it_for_cel() -> None:
    assert write(Failed("no value")) == "<no value>"


def test_the_constants_of_the_tree_are_those_of_the_text() -> None:
    assert parse("true", SCHEMA).constant is True
    assert parse("false", SCHEMA).constant is False
    assert parse("true", SCHEMA).node == Constant(True, 1)
    assert text_of("customer.vip == true") == "customer.vip == true"
