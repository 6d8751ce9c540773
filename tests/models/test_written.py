"""A document is known by its bytes, and what is wrong in it by its line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.documents import Document, DocumentError, Problem, version_of
from models.written import Written, double_names, load


class Leaflet(Written):
    words: tuple[str, ...] = ()


def _no_shouting(document: Document, leaflet: Leaflet) -> Iterator[Problem]:
    for index, word in enumerate(leaflet.words):
        if word.isupper():
            yield document.problem(("words", index), "too loud")


def a_leaflet(data: bytes) -> Leaflet:
    return load(data, "my.yaml", Leaflet, _no_shouting)


def problems_of(data: bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        a_leaflet(data)
    return [str(problem) for problem in caught.value.problems]


def test_a_document_is_known_by_the_hash_of_what_was_written() -> None:
    assert a_leaflet(b"words: [a]").version == version_of(b"words: [a]")


def test_a_version_is_not_written_in_the_document() -> None:
    assert problems_of(b"words: [a]\nversion: '7'") == [
        "my.yaml:2: version: is the hash of the file and not written in it; remove it"
    ]


def test_everything_a_document_is_checked_for_is_listed() -> None:
    assert problems_of(b"words:\n- A\n- b\n- C") == [
        "my.yaml:2: words[0]: too loud",
        "my.yaml:4: words[2]: too loud",
    ]


def test_a_name_used_twice_is_a_problem_of_the_later_row() -> None:
    document = Document("my.yaml", {"rows": [{}, {}, {}]}, {("rows", 2): 9}, "")
    assert [str(problem) for problem in double_names(document, "rows", "id", ["a", "b", "a"])] == [
        "my.yaml:9: rows[2].id: 'a' is used twice; give each its own id"
    ]


def test_a_noun_that_was_never_a_file_is_known_by_its_name() -> None:
    assert str(Leaflet().problem(("rules", 0, "require"), "no")) == "leaflet: rules[0].require: no"


def test_a_noun_that_was_a_file_is_known_by_it() -> None:
    assert str(a_leaflet(b"words: []").problem(("words",), "no")) == "my.yaml:1: words: no"
