"""Every mistake in a document is named with its file, line, key and remedy; nothing of the reader leaks into the message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from models.documents import MAX_BYTES, MAX_DEPTH, DocumentError, Problem, check, read_yaml
from models.domain import FactValue, Noun, Text
from models.response import Do


class Shelf(Noun):
    label: str
    boxes: tuple[str, ...] = ()


class House(Noun):
    name: str
    floors: int = 1
    shelf: Shelf | None = None
    shelves: tuple[Shelf, ...] = ()
    rooms: dict[str, Shelf] = Field(default_factory=dict)
    wings: dict[str, tuple[Shelf, ...]] = Field(default_factory=dict)
    alias: str = Field(default="", alias="for")
    say: Text | tuple[Text, ...] = ""
    facts: dict[str, FactValue] = Field(default_factory=dict)


def is_read_or_refused(data: bytes) -> bool:
    try:
        return isinstance(read_yaml(data, "x").content, dict)
    except DocumentError as error:
        return bool(error.problems)


def problems_of(text: str | bytes, *, model: type[Noun] = House) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(DocumentError) as caught:
        check(read_yaml(data, "house.yaml"), model)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


# --- what YAML gives -----------------------------------------------------------------------------------------------


def test_a_document_is_known_by_the_hash_of_its_bytes() -> None:
    digest = "16c3c6d78678d53d39ab2c7a5a7bc4596567b46a1a57000a2d707334f779b824"
    assert read_yaml(b"a: 1", "x").version == f"sha256:{digest}"


def test_a_changed_space_makes_another_version() -> None:
    assert read_yaml(b"a: 1", "x").version != read_yaml(b"a:  1", "x").version


def test_keys_are_read_as_written() -> None:
    assert read_yaml(b"on: 1\n2026: 2\nyes: 3\n", "x").content == {"on": 1, "2026": 2, "yes": 3}


def test_the_line_of_every_key_is_remembered() -> None:
    document = read_yaml(b"a: 1\nb:\n  - c: 2\n    d: 3\n", "x")
    assert document.lines[("b", 0, "d")] == 4


# --- what is not YAML, or not only YAML ----------------------------------------------------------------------------


def test_an_unclosed_bracket_is_named_with_its_line() -> None:
    assert problems_of("name: x\nshelves: [1\nfloors: 2") == [
        "house.yaml:3: not YAML: did not find expected ',' or ']'; mend the indentation or quotes there"
    ]


def test_two_documents_in_one_file_are_refused() -> None:
    assert problems_of("name: x\n---\nname: y") == [
        "house.yaml:2: not YAML: but found another document; mend the indentation or quotes there"
    ]


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    assert problems_of(b"name: \xff") == [
        "house.yaml: not readable as YAML in UTF-8: unacceptable character #x00ff: invalid leading UTF-8 octet"
    ]


def test_a_control_character_is_refused() -> None:
    assert problems_of("name: \x01") == [
        "house.yaml: not readable as YAML in UTF-8: unacceptable character #x0001: control characters are not allowed"
    ]


def test_a_key_given_twice_is_named_with_the_line_of_the_second() -> None:
    assert problems_of("name: x\nshelf:\n  label: a\n  label: b") == [
        "house.yaml:4: shelf.label: given twice; keep one"
    ]


def test_an_alias_is_refused_where_it_stands() -> None:
    assert problems_of("name: &n x\nrooms: {a: *n}") == ["house.yaml:2: *n: an alias; write the value out"]


def test_an_alias_to_itself_is_refused() -> None:
    assert problems_of("rooms: &r [*r]") == ["house.yaml:1: *r: an alias; write the value out"]


def test_a_tag_is_refused_before_anything_is_built() -> None:
    assert problems_of("name: !!python/object/apply:os.getcwd []") == [
        "house.yaml:1: tag:yaml.org,2002:python/object/apply:os.getcwd: a tag; write a plain value, text in quotes"
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_nesting_a_hundred_thousand_deep_is_a_problem_and_not_a_crash(opening: str) -> None:
    assert problems_of(opening * 100_000)[-1] == (
        f"house.yaml:1: nested deeper than {MAX_DEPTH} levels; flatten it"
    )


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert read_yaml(b"a: " + b"[" * depth + b"]" * depth, "x").content.keys() == {"a"}


def test_a_date_that_does_not_exist_is_named_with_its_key() -> None:
    assert problems_of("name: x\nfacts:\n  since: 2026-02-30") == [
        (
            "house.yaml:3: facts.since: 2026-02-30 is not a value: day is out of range for month; "
            "correct it, or quote it to make it a text"
        )
    ]


def test_a_key_that_is_a_list_is_refused() -> None:
    assert problems_of("rooms:\n  ? [a, b]\n  : 1") == ["house.yaml:2: rooms: a key must be a word"]


@pytest.mark.parametrize("text", ["", "- 1", "just words", "# nothing"])
def test_a_document_that_is_no_mapping_is_refused(text: str) -> None:
    assert problems_of(text) == ["house.yaml:1: must be a mapping of keys to values"]


def test_a_document_over_five_megabytes_is_refused_unread() -> None:
    assert problems_of(b"a" * (MAX_BYTES + 1)) == ["house.yaml: 5000001 bytes; a document may have 5000000"]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_a_problem(data: bytes) -> None:
    assert is_read_or_refused(data)


@given(st.text(alphabet="ab:[]{}-&*!?#|>'\" \n0129.", max_size=40))
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    assert is_read_or_refused(text.encode())


# --- what the noun does not take -----------------------------------------------------------------------------------


def test_a_document_that_fits_becomes_its_noun() -> None:
    house = check(read_yaml(b"name: x\nfor: y\nshelf: {label: a}", "x"), House)
    assert (house.name, house.alias, house.shelf) == ("x", "y", Shelf(label="a"))


def test_a_missing_key_is_named() -> None:
    assert problems_of("floors: 2") == ["house.yaml:1: name: missing; add it"]


def test_an_unknown_key_is_answered_with_the_nearest_name() -> None:
    assert problems_of("name: x\nfloor: 2") == ["house.yaml:2: floor: unknown key; did you mean 'floors'?"]


def test_an_alias_of_a_field_counts_as_its_name() -> None:
    assert problems_of("name: x\nfore: y") == ["house.yaml:2: fore: unknown key; did you mean 'for'?"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("shelf: {label: a, boxs: []}", "shelf.boxs"),
        ("shelves: [{label: a, boxs: []}]", "shelves[0].boxs"),
        ("rooms: {hall: {label: a, boxs: []}}", "rooms.hall.boxs"),
        ("wings: {east: [{label: a, boxs: []}]}", "wings.east[0].boxs"),
    ],
)
def test_the_nearest_name_is_found_at_any_depth(text: str, key: str) -> None:
    assert problems_of(f"name: x\n{text}") == [f"house.yaml:2: {key}: unknown key; did you mean 'boxes'?"]


def test_an_unknown_key_like_no_other_is_answered_with_what_is_known() -> None:
    assert problems_of("name: x\nshelf: {label: a, zzz: 1}") == [
        "house.yaml:2: shelf.zzz: unknown key; known here: boxes, label"
    ]


def test_a_key_in_a_noun_without_keys_is_to_be_removed() -> None:
    class Bare(Noun):
        pass

    assert problems_of("a: 1", model=Bare) == ["house.yaml:1: a: unknown key; remove it"]


def test_a_wrong_type_is_named_with_what_was_given() -> None:
    assert problems_of("name: x\nfloors: many") == [
        "house.yaml:2: floors: input should be a valid integer, unable to parse string as an integer, not 'many'"
    ]


def test_the_members_of_a_union_stay_out_of_the_path() -> None:
    assert problems_of("name: x\nsay: 5") == [
        "house.yaml:2: say: input should be a valid string, not 5",
        "house.yaml:2: say: input should be a valid tuple, not 5",
    ]


def test_the_item_of_a_list_in_a_union_is_named() -> None:
    assert problems_of("name: x\nsay:\n- a\n- 5")[-1] == (
        "house.yaml:4: say[1]: input should be a valid string, not 5"
    )


def test_a_fact_of_no_type_is_named_by_its_own_key() -> None:
    assert {line.rpartition(": input")[0] for line in problems_of("name: x\nfacts:\n  tenure: [1]")} == {
        "house.yaml:3: facts.tenure"
    }


def test_a_number_that_is_not_finite_is_refused() -> None:
    class Price(Noun):
        euros: float

    assert problems_of("euros: .nan", model=Price) == [
        "house.yaml:1: euros: input should be a finite number, not nan"
    ]


def test_what_a_noun_says_of_itself_is_passed_on() -> None:
    assert problems_of("process: a\nlink: /b", model=Do) == [
        "house.yaml:1: 'do' needs either 'process' or 'link'"
    ]


def test_every_mistake_is_listed() -> None:
    assert len(problems_of("floors: x\nshelf: {}\nother: 1")) == 4


# --- where a problem stands ----------------------------------------------------------------------------------------


def test_items_are_named_by_their_id_or_code() -> None:
    document = read_yaml(b"a:\n- id: fiber\n  x: 1\n- code: price\n  x: 1\n- x: 1", "x")
    keys = [document.problem(("a", index, "x"), "no").key for index in range(3)]
    assert keys == ["a[fiber].x", "a[price].x", "a[2].x"]


def test_a_key_that_is_not_there_is_placed_on_the_nearest_line() -> None:
    assert read_yaml(b"a: 1\nb:\n  c: 1", "x").problem(("b", "d", "e"), "no").line == 2


def test_a_place_beyond_a_list_is_placed_on_the_list() -> None:
    assert str(read_yaml(b"a: 1\nb: [x]", "x").problem(("b", 7), "no")) == "x:2: b[7]: no"


def test_a_problem_of_the_whole_file_has_no_key() -> None:
    assert str(Problem("x.yaml", 3, "", "no")) == "x.yaml:3: no"
