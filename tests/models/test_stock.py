"""Stock: what everybody together may accept only so often."""

from __future__ import annotations

import pytest

from models.catalogue import load_catalogue
from models.documents import DocumentError
from models.stock import gone
from models.swaps import Stop
from tests.builders import a_catalogue, a_process, an_offer, catalogue_bytes

CATALOGUE = a_catalogue(an_offer("phone", stock=500), an_offer("sell-tv"), an_offer("none-left", stock=0))


def test_a_catalogue_knows_how_much_there_is_of_what_is_limited() -> None:
    assert CATALOGUE.stock == {"phone": 500, "none-left": 0}


def test_what_is_sold_out_is_stopped_with_how_much_there_was() -> None:
    assert gone(frozenset({"phone"}), CATALOGUE) == {0: Stop("stock", (("stock", 500),))}


def test_nothing_is_stopped_while_everything_is_in_stock() -> None:
    assert gone(frozenset(), CATALOGUE) == {}


def test_what_the_catalogue_at_hand_does_not_limit_or_know_is_not_sold_out() -> None:
    assert gone(frozenset({"sell-tv", "gone-since"}), CATALOGUE) == {}


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        load_catalogue(catalogue_bytes(an_offer("phone", stock=-1)))
    assert [problem.key for problem in caught.value.problems] == ["actions[phone].stock"]


@pytest.mark.parametrize("stock", [0, 5])
def test_the_way_out_is_never_sold_out(stock: int) -> None:
    with pytest.raises(DocumentError) as caught:
        load_catalogue(catalogue_bytes(a_process("bye", cancels=True, stock=stock)))
    assert str(caught.value.problems[0]).endswith(
        "actions[bye].stock: the way out may not be obstructed; remove it"
    )
