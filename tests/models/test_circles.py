"""Products that require each other in a circle are found; those with a way round are left alone."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import load_catalogue
from models.circles import circles
from models.documents import DocumentError
from tests.builders import WAY_OUT, a_catalogue, catalogue_bytes


def of(**needs: str) -> list[str]:
    """`b="a c|d"`: b requires a, and one of c and d."""
    found = circles(
        {
            name: tuple(frozenset(each.split("|")) for each in requirements.split())
            for name, requirements in needs.items()
        }
    )
    return [" ".join(circle) for circle in found]


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": "b", "b": "a"}, "a b"),
        ({"a": "a"}, "a"),
        ({"a": "b", "b": "c", "c": "a"}, "a b c"),
        ({"x": "a", "a": "b", "b": "a"}, "a b"),
        ({"a": "b|c", "b": "a", "c": "a"}, "a b"),
        ({"free": "", "a": "free b", "b": "a"}, "a b"),
    ],
)
def test_a_circle_is_told_with_its_path(needs: dict[str, str], circle: str) -> None:
    assert of(**needs) == [circle]


@pytest.mark.parametrize(
    "needs",
    [
        {"a": "", "b": "a", "c": "b"},
        {"a": "b|free", "b": "a", "free": ""},
        {"a": "a|free", "free": ""},
        {"top": "left right", "left": "base", "right": "base", "base": ""},
    ],
)
def test_a_way_round_is_no_circle(needs: dict[str, str]) -> None:
    assert of(**needs) == []


def test_two_circles_are_told_apart() -> None:
    assert of(a="b", b="a", c="d", d="c") == ["a b", "c d"]


NAMES = "abcde"
GRAPHS = st.fixed_dictionaries(
    {name: st.lists(st.frozensets(st.sampled_from(NAMES), min_size=1), max_size=2) for name in NAMES}
)


@given(GRAPHS)
def test_there_is_a_circle_exactly_when_no_order_sells_everything(
    graph: dict[str, list[frozenset[str]]],
) -> None:
    needs = {name: tuple(requirements) for name, requirements in graph.items()}
    sellable = any(
        all(all(one & set(order[:place]) for one in needs[name]) for place, name in enumerate(order))
        for order in permutations(NAMES)
    )
    assert bool(circles(needs)) != sellable


@given(GRAPHS)
def test_every_step_of_a_circle_is_required(graph: dict[str, list[frozenset[str]]]) -> None:
    for circle in circles({name: tuple(requirements) for name, requirements in graph.items()}):
        for product, following in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert any(following in one for one in graph[product])


def product(name: str, family: str, *requires: str) -> dict[str, object]:
    return {"id": name, "family": family, "price": 10.0, "margin": 5.0, "requires": list(requires)}


def test_a_catalogue_with_a_circle_is_refused_with_line_path_and_remedy() -> None:
    products = [product("dish", "tv", "box"), product("box", "hardware", "tv"), product("sim", "mobile")]
    with pytest.raises(DocumentError) as caught:
        load_catalogue(catalogue_bytes(WAY_OUT, products=products))
    [problem] = caught.value.problems
    assert (problem.source, problem.key) == ("catalogue.yaml", "products[dish].requires")
    assert problem.line == 12
    assert problem.message == (
        "dish -> box -> dish is a circle, so none of them can be sold first; remove a requirement from it"
    )


def test_a_family_with_another_product_in_it_is_no_circle() -> None:
    products = [product("dish", "tv", "box"), product("box", "hardware", "tv"), product("cable", "tv")]
    assert len(a_catalogue(products=products).products) == 3


def test_an_unknown_requirement_is_told_once_and_is_no_circle() -> None:
    with pytest.raises(DocumentError) as caught:
        load_catalogue(catalogue_bytes(WAY_OUT, products=[product("dish", "tv", "bxo")]))
    assert [problem.message for problem in caught.value.problems] == [
        "unknown product or family 'bxo'; add it to products or correct the name"
    ]
