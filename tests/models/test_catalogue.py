"""The catalogue is read whole or refused with every mistake in it."""

from __future__ import annotations

from typing import Any

import pytest

from models.catalogue import Catalogue, load_catalogue
from models.documents import DocumentError, version_of
from models.domain import Noun
from tests.builders import (
    a_bundle_benefit,
    a_catalogue,
    a_process,
    a_save,
    an_action,
    an_offer,
    both,
    catalogue_bytes,
)

FIBER = {"id": "fiber", "family": "internet", "price": 40.0, "margin": 20.0}


def problems_of(*actions: Any, **given: Any) -> list[str]:
    """Each problem without its line: `key: message`."""
    return [line.split(": ", 1)[1] for line in with_lines(catalogue_bytes(*actions, **given))]


def with_lines(data: bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_catalogue(data)
    return [str(problem) for problem in caught.value.problems]


def test_a_catalogue_is_known_by_the_hash_of_its_bytes() -> None:
    data = catalogue_bytes(an_offer())
    assert load_catalogue(data).version == version_of(data)


def test_a_version_is_not_written_in_the_file() -> None:
    assert problems_of(an_offer(), version="2") == [
        "version: is the hash of the file and not written in it; remove it"
    ]


def test_products_and_actions_are_found_by_id() -> None:
    catalogue = a_catalogue(an_offer("sell-tv"))
    assert (catalogue.product["tv"].price, catalogue.action["sell-tv"].sells) == (15.0, ("tv",))


def test_a_requirement_means_one_product_or_all_of_a_family() -> None:
    catalogue = a_catalogue()
    assert catalogue.members("fiber") == {"fiber"}
    assert catalogue.members("internet") == {"fiber", "dsl"}


def test_a_bundle_knows_the_products_of_each_part() -> None:
    catalogue = a_catalogue(bundles=[a_bundle_benefit("internet", "tv")])
    assert catalogue.bundle_parts[0][1] == (frozenset({"fiber", "dsl"}), frozenset({"tv"}))


def test_a_product_binds_when_it_says_so_or_is_sold_with_a_commitment() -> None:
    bound = a_catalogue(an_offer("sell-tv", commitment={"months": 12}))
    assert (bound.binds("tv"), bound.binds("fiber")) == (True, False)
    assert not a_catalogue(an_offer("sell-tv")).binds("tv")
    assert a_catalogue(an_offer("sell-tv", commitment={"resets_term": True})).binds("tv")
    phone = {
        "id": "phone",
        "family": "device",
        "price": 20.0,
        "margin": 2.0,
        "name": both("Phone"),
        "binds": True,
    }
    assert a_catalogue(products=[phone]).binds("phone")


def test_one_sentence_and_several_are_read_alike() -> None:
    catalogue = a_catalogue(an_offer("one", say="A"), an_offer("two", say=["A", "B"]))
    assert [catalogue.action[name].texts["nl"].sentences for name in ("one", "two")] == [("A",), ("A", "B")]


@pytest.mark.parametrize("section", ["products", "bundles", "actions"])
def test_an_id_used_twice_is_named(section: str) -> None:
    items = {
        "products": [FIBER, FIBER],
        "bundles": [a_bundle_benefit("fiber", "internet")] * 2,
        "actions": [a_process("a")] * 2,
    }
    rest = {"products": [FIBER]} | {section: items[section]}
    actions = rest.pop("actions", [])
    name = items[section][1]["id"]
    assert problems_of(*actions, **rest) == [
        f"{section}[{name}].id: '{name}' is used twice; give each its own id"
    ]


def test_the_second_of_two_ids_is_the_one_whose_line_is_named() -> None:
    data = b"""languages: [nl]
products:
  - {id: a, name: {nl: A}, family: f, price: 1, margin: 1}
  - {id: a, name: {nl: A}, family: f, price: 1, margin: 1}
actions: []
"""
    assert with_lines(data) == ["catalogue.yaml:4: products[a].id: 'a' is used twice; give each its own id"]


def test_a_product_may_not_be_called_as_a_family() -> None:
    products = [FIBER, {**FIBER, "id": "internet"}]
    assert problems_of(products=products) == [
        "products[internet].id: 'internet' is also a family; requirements could mean either, rename one"
    ]


@pytest.mark.parametrize("field", ["sells", "replaces"])
def test_an_action_trades_products_only(field: str) -> None:
    assert problems_of(
        an_offer("o", sells=["tv"], discount={"amount": 1, "months": 1}) | {field: ["tb"]}
    ) == [f"actions[o].{field}[0]: unknown product 'tb'; add it to products or correct the name"]


def test_a_family_cannot_be_sold() -> None:
    assert problems_of(an_offer("o", sells=["tv", "internet"])) == [
        "actions[o].sells[1]: unknown product 'internet'; add it to products or correct the name"
    ]


@pytest.mark.parametrize("field", ["requires", "excludes"])
def test_a_requirement_of_an_action_must_exist(field: str) -> None:
    assert problems_of(an_offer("o", **{field: ["internet", "x"]})) == [
        f"actions[o].{field}[1]: unknown product or family 'x'; add it to products or correct the name"
    ]


@pytest.mark.parametrize("field", ["requires", "excludes"])
def test_a_requirement_of_a_product_must_exist(field: str) -> None:
    assert problems_of(products=[{**FIBER, field: ["x"]}]) == [
        f"products[fiber].{field}[0]: unknown product or family 'x'; add it to products or correct the name"
    ]


def test_the_parts_of_a_bundle_must_exist() -> None:
    assert problems_of(bundles=[a_bundle_benefit("internet", "x")]) == [
        "bundles[together].parts[1]: unknown product or family 'x'; add it to products or correct the name"
    ]


@pytest.mark.parametrize("kind", ["offer", "save"])
def test_what_is_priced_states_how_often_it_is_accepted(kind: str) -> None:
    action = an_action("a", kind, sells=["tv"])
    del action["acceptance"]
    assert problems_of(action) == [
        f"actions[a].acceptance: an action of kind {kind} is priced; give acceptance.rate"
    ]


@pytest.mark.parametrize("kind", ["offer", "save"])
def test_selling_is_not_called_service(kind: str) -> None:
    (problem,) = problems_of(an_action("a", kind, sells=["tv"], purpose="service"))
    assert problem.startswith(f"actions[a].purpose: an action of kind {kind} is marketing or retention")


@pytest.mark.parametrize("kind", ["service", "process", "question"])
@pytest.mark.parametrize("purpose", ["service", "marketing"])
@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("sells", ["tv"]),
        ("discount", {"amount": 5, "months": 6}),
        ("commitment", {"months": 1}),
        ("commitment", {"months": 0, "resets_term": True}),
    ],
)
def test_only_an_offer_or_a_save_sells_or_binds(kind: str, purpose: str, key: str, given: object) -> None:
    (problem,) = problems_of(an_action("a", kind, purpose=purpose, **{key: given}))
    assert problem.startswith(
        f"actions[a].{key}: an action of kind {kind} neither sells nor binds; remove it"
    )


def test_a_process_states_no_acceptance() -> None:
    assert a_catalogue(a_process("p")).action["p"].acceptance is None


def test_an_offer_without_product_or_discount_offers_nothing() -> None:
    assert problems_of(an_action("a", "offer")) == [
        "actions[a].sells: an offer sells a product or gives a discount; add 'sells' or 'discount'"
    ]


def test_a_save_may_give_nothing_but_attention() -> None:
    assert a_catalogue(a_save("listen")).action["listen"].sells == ()


def test_only_a_process_can_cancel() -> None:
    assert problems_of(a_save("s", cancels=True)) == [
        "actions[s].cancels: only an action of kind process can cancel; change its kind"
    ]


@pytest.mark.parametrize("kind", ["service", "process"])
def test_a_service_or_a_process_may_be_an_emergency(kind: str) -> None:
    assert a_catalogue(an_action("a", kind, emergency=True)).action["a"].emergency


@pytest.mark.parametrize("kind", ["offer", "save", "question"])
def test_nothing_is_sold_or_asked_as_an_emergency(kind: str) -> None:
    given = {"sells": ["tv"]} if kind == "offer" else {}
    assert problems_of(an_action("a", kind, emergency=True, **given)) == [
        "actions[a].emergency: only an action of kind service or process is an emergency; change its kind"
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("channels", ["voice"]),
        ("requires", ["internet"]),
        ("excludes", ["internet"]),
        ("valid_from", "2026-01-01"),
        ("valid_until", "2026-01-01"),
        ("condition", "true"),
    ],
)
def test_the_way_out_may_not_be_obstructed(key: str, value: Any) -> None:
    assert problems_of(a_process("bye", cancels=True, **{key: value})) == [
        f"actions[bye].{key}: the way out may not be obstructed; remove it"
    ]


def test_dates_stand_in_order() -> None:
    assert problems_of(an_offer("o", valid_from="2026-02-01", valid_until="2026-01-01")) == [
        "actions[o].valid_until: lies before valid_from; swap them"
    ]


def test_an_action_of_one_day_is_in_order() -> None:
    action = an_offer("o", valid_from="2026-02-01", valid_until="2026-02-01")
    assert a_catalogue(action).action["o"].valid_from == a_catalogue(action).action["o"].valid_until


def test_every_language_of_the_catalogue_has_texts() -> None:
    assert problems_of(a_process("p", texts={"nl": {"title": "T", "say": "S"}})) == [
        "actions[p].texts: no texts in 'en'; add them"
    ]


@pytest.mark.parametrize(("title", "say", "key"), [("{", "S", "title"), ("T", ["S", "{a:b}"], "say")])
def test_a_broken_placeholder_is_named_with_its_text(title: str, say: Any, key: str) -> None:
    texts = {lang: {"title": "T", "say": "S"} for lang in ("nl", "en")} | {"en": {"title": title, "say": say}}
    (problem,) = problems_of(a_process("p", texts=texts))
    assert problem.startswith(f"actions[p].texts.en.{key}: ")


def test_the_keys_a_text_knows_are_told() -> None:
    assert problems_of(a_process("p", texts=both("x")))[0].startswith("actions[p].texts.nl: input should be")


def test_every_mistake_is_listed_in_the_order_of_the_lines() -> None:
    data = catalogue_bytes(
        an_offer("o", sells=["x"]), a_process("o"), products=[{**FIBER, "requires": ["y"]}]
    )
    lines = [int(line.split(":")[1]) for line in with_lines(data)]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_a_problem_found_later_still_knows_its_line() -> None:
    catalogue = load_catalogue(catalogue_bytes(an_offer("o")), "my.yaml")
    assert str(catalogue.problem(("languages",), "no")) == "my.yaml:1: languages: no"


def test_a_catalogue_made_without_a_file_is_known_by_its_name() -> None:
    catalogue = Catalogue(languages=("nl",), products=(), actions=())
    assert str(catalogue.problem(("languages",), "no")) == "catalogue: languages: no"


def test_a_catalogue_is_a_noun() -> None:
    assert isinstance(a_catalogue(), Noun)
