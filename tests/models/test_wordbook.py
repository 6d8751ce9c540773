"""Language files: what is in one, what it must say, and that a provider's own one is spoken."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from api.languages import spoken
from models.documents import DocumentError, version_of
from models.in_force import load_lawful
from models.knowledge import build_knowledge
from models.languages_spoken import RULES
from models.wordbook import load_wordbook
from tests.builders import a_catalogue, a_decision, a_policy, an_offer, policy_bytes, veto_of

ENGLISH = {key: value for key, value in spoken()["en"].model_dump(mode="json").items() if key != "version"}


def book_bytes(**given: Any) -> bytes:
    return yaml.safe_dump({**ENGLISH, **given}, sort_keys=False, allow_unicode=True).encode()


def refused(data: bytes) -> list[str]:
    with pytest.raises(DocumentError) as error:
        load_lawful(policy_bytes(), "policy.yaml", {}, {"en": data})
    return [str(problem) for problem in error.value.problems]


def lacking(**given: Any) -> list[str]:
    """What is wrong where policy and catalogue meet, without file and line."""
    policy = load_lawful(policy_bytes(), "policy.yaml", {}, {"en": book_bytes(**given)})
    with pytest.raises(DocumentError) as error:
        build_knowledge(a_catalogue(an_offer()), policy, wordbooks=spoken())
    return [str(problem).partition(": ")[2] for problem in error.value.problems]


def test_a_language_of_the_provider_itself_is_spoken() -> None:
    rules = {**ENGLISH["rules"], "channel": "Somewhere else"}
    policy = load_lawful(
        policy_bytes(), "policy.yaml", {}, {"en": book_bytes(rules=rules), "de": b"never read"}
    )
    knowledge = build_knowledge(a_catalogue(an_offer("o", channels=["chat"])), policy, wordbooks=spoken())
    assert {veto.text for veto in a_decision(knowledge, language="en").vetoes} >= {"Niet via dit kanaal"}
    english = build_knowledge(
        a_catalogue(an_offer("o", channels=["chat"]), languages=["en"]), policy, wordbooks=spoken()
    )
    assert veto_of(a_decision(english), "o").text == "Somewhere else"


def test_the_version_of_the_policy_covers_its_own_languages() -> None:
    data = book_bytes()
    policy = load_lawful(policy_bytes(), "policy.yaml", {}, {"en": data})
    assert policy.version == version_of(f"{version_of(policy_bytes())}\n{version_of(data)}".encode())
    assert load_lawful(policy_bytes(), "policy.yaml", {}, {"de": data}).version == version_of(policy_bytes())


def test_a_language_without_a_file_is_refused() -> None:
    with pytest.raises(DocumentError) as error:
        build_knowledge(a_catalogue(an_offer()), a_policy(), wordbooks={"nl": spoken()["nl"]})
    assert [problem.message for problem in error.value.problems] == [
        "there is no language file 'en' (there are: nl); write languages/en.yaml beside the policy"
    ]


def test_what_a_language_file_lacks_is_told_key_by_key() -> None:
    rules = {**ENGLISH["rules"], "chanel": "No", "stock": "Gone: {left}"}
    names = {key: name for key, name in ENGLISH["names"].items() if key != "contact.bot"}
    changes = {**ENGLISH["changes"], "is": "{that} is {to}"}
    assert sorted(
        lacking(
            rules={key: text for key, text in rules.items() if key != "channel"}, names=names, changes=changes
        )
    ) == [
        "changes.is: placeholder '{that}' is not known here; it may name to, what",
        "names.contact.bot: missing; add it",
        "rules.chanel: nothing asks for it; remove it or correct the name",
        "rules.channel: missing; add it",
        "rules.stock: placeholder '{left}' is not known here; it may name stock",
    ]


def test_a_placeholder_where_nothing_is_known_is_refused() -> None:
    assert lacking(rules={**ENGLISH["rules"], "channel": "Not {here}"}) == [
        "rules.channel: placeholder '{here}' is not known here; it may name nothing"
    ]


def test_an_unclosed_brace_is_refused() -> None:
    (problem,) = refused(book_bytes(rules={**ENGLISH["rules"], "channel": "No {"}))
    assert problem.endswith(
        "rules.channel: Single '{' encountered in format string; a literal brace is written twice, {{ or }}"
    )


def test_another_language_than_the_name_of_its_file_is_refused() -> None:
    assert refused(book_bytes(language="de")) == [
        "languages/en.yaml:1: language: the file is languages/en.yaml; write language: en, or rename the file"
    ]


@pytest.mark.parametrize("euro", ["€", "{amount} {amount}", "{amount} {x}", "{sum}"])
def test_an_amount_in_euros_names_the_amount(euro: str) -> None:
    with pytest.raises(DocumentError, match=r"euro: must name .amount. once and nothing else"):
        load_wordbook(book_bytes(euro=euro), "languages/en.yaml")


def test_a_key_that_is_missing_is_named() -> None:
    without = {key: value for key, value in ENGLISH.items() if key != "months"}
    with pytest.raises(DocumentError, match="months: missing; add it"):
        load_wordbook(yaml.safe_dump(without).encode(), "languages/en.yaml")


def test_all_shipped_languages_say_the_same_things() -> None:
    for book in spoken().values():
        assert book.rules.keys() == RULES.keys()
        assert book.changes.keys() == set(ENGLISH["changes"])
        assert book.names.keys() == set(ENGLISH["names"])
        assert {path: set(words) for path, words in book.values.items()} == {
            path: set(words) for path, words in ENGLISH["values"].items()
        }
