"""Sentences are filled the way a person of that language writes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from api.languages import spoken
from models.placeholders import placeholders
from models.texts import parse_text, written


def filled(text: str, language: str = "nl", **values: Any) -> str | None:
    return parse_text(text, spoken()[language]).fill(values)


@pytest.mark.parametrize(
    ("value", "style", "nl", "en"),
    [
        (6, "euro", "€ 6", "€6"),
        (6.5, "euro", "€ 6,50", "€6.50"),
        (1234.5, "euro", "€ 1.234,50", "€1,234.50"),
        (5.999, "euro", "€ 6", "€6"),
        (3.14, "", "3,1", "3.1"),
        (3.0, "number", "3", "3"),
        (20000, "number", "20.000", "20,000"),
        (0.125, "percent", "12,5%", "12.5%"),
        (0.3, "percent", "30%", "30%"),
        (date(2026, 3, 1), "date", "1 maart 2026", "1 March 2026"),
        (True, "", "ja", "yes"),
        (False, "", "nee", "no"),
        (["Glasvezel", "TV"], "", "Glasvezel, TV", "Glasvezel, TV"),
        ("voice", "", "voice", "voice"),
    ],
)
def test_a_value_is_written_as_its_language_does(value: Any, style: str, nl: str, en: str) -> None:
    assert (written(value, style, spoken()["nl"]), written(value, style, spoken()["en"])) == (nl, en)


@pytest.mark.parametrize("value", [-0.04, -0.0])
def test_nothing_is_never_less_than_nothing(value: float) -> None:
    assert written(value, "number", spoken()["en"]) == "0"


def test_a_cut_is_written_with_its_sign() -> None:
    assert written(-6.5, "euro", spoken()["nl"]) == "€ -6,50"


def test_a_sentence_is_filled_with_its_values() -> None:
    assert filled("U gebruikt {used} van {plan} GB.", used=3.1, plan=20.0) == "U gebruikt 3,1 van 20 GB."


def test_a_sentence_with_a_missing_value_is_not_said() -> None:
    assert filled("U gebruikt {used} GB.") is None


def test_a_value_of_nought_is_known() -> None:
    assert filled("{used} GB", used=0) == "0 GB"


def test_a_sentence_without_placeholders_is_said_as_it_stands() -> None:
    assert filled("Goedemiddag.") == "Goedemiddag."


def test_an_empty_text_stays_empty() -> None:
    assert filled("") == ""


def test_a_brace_is_written_twice() -> None:
    assert filled("{{x}} {a}", a=1) == "{x} 1"


def test_the_names_a_text_needs_are_known() -> None:
    assert placeholders("{a:euro} en {b}, {{c}}") == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a", "expected '}' before end of string; a literal brace is written twice, {{ or }}"),
        ("a}", "Single '}' encountered in format string; a literal brace is written twice, {{ or }}"),
        ("{}", "placeholder '{}' must be the name of a fact"),
        (
            "{a.b}",
            "placeholder '{a.b}' must be the name of a fact",
        ),
        ("{a!r}", "placeholder '{a}' must be the name of a fact"),
        (
            "{a:eur}",
            "placeholder '{a:eur}' has an unknown format; use euro, number, date or percent",
        ),
    ],
)
def test_a_broken_text_is_refused_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is compared whole
        parse_text(text, spoken()["en"])
    assert str(caught.value) == message
