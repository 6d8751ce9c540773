"""Whoever is offered something by the telecom provider hears what it does to his bill, now and when a discount ends."""

from __future__ import annotations

import pytest

from models.actions import Action
from tests.scenarios.test_telecom import KNOWLEDGE

CATALOGUE = KNOWLEDGE.catalogue
PRICES = ("{price_change:euro}", "{price_after:euro}")


def costs_something(action: Action) -> bool:
    return any(CATALOGUE.product[product].price > 0.0 for product in action.sells)


def named(actions: list[Action]) -> list[object]:
    return [pytest.param(action, id=action.id) for action in actions]


PROPOSED = [action for action in CATALOGUE.actions if action.kind in ("offer", "save")]
SELLING = [action for action in PROPOSED if costs_something(action)]
DISCOUNTED = [action for action in PROPOSED if action.discount is not None]
ENERGY = {action.id for action in PROPOSED if action.sells and not costs_something(action)}


def sentences(action: Action) -> list[str]:
    said = [sentence for text in action.texts.values() for sentence in text.sentences]
    assert len(action.texts) == len(CATALOGUE.languages)
    return said


@pytest.mark.parametrize("action", named(SELLING))
def test_what_is_sold_is_never_offered_without_what_it_does_to_the_bill(action: Action) -> None:
    assert [said for said in sentences(action) if not any(price in said for price in PRICES)] == []


@pytest.mark.parametrize("action", named(DISCOUNTED))
def test_a_discount_is_never_named_without_the_bill_with_it_and_after_it(action: Action) -> None:
    needed = ("{price_after:euro}", "{price_after_discount:euro}")
    assert [said for said in sentences(action) if not all(price in said for price in needed)] == []


@pytest.mark.parametrize("action", named([action for action in SELLING if action.replaces]))
def test_a_change_of_product_says_by_how_much_or_from_what_to_what(action: Action) -> None:
    both = ("{price_before:euro}", "{price_after:euro}")
    changes = [all(price in said for price in both) or PRICES[0] in said for said in sentences(action)]
    assert all(changes)


def test_only_what_a_partner_bills_is_offered_without_a_price() -> None:
    assert sorted(ENERGY) == ["energy-fixed-add", "energy-flex-add"]
    partners = {action.id for action in PROPOSED if "energy_partner" in action.disclosures}
    assert partners == ENERGY
