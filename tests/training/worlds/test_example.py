"""The laboratory's goods and deeds as documents of a provider: they load, and each deed can be proposed."""

from __future__ import annotations

import json

import pytest

from models.catalogue import Catalogue, load_catalogue
from models.policy import load_policy
from training.simulator.laboratory.deeds import DEEDS
from training.simulator.laboratory.goods import LIST
from training.worlds.example import DEED_OF, catalogue_text, policy_text

FACTS = {
    "discount_now": {"type": "number"},
    "months_to_contract_end": {"type": "number"},
    "complaint_open": {"type": "boolean"},
}
HIDDEN = ("lift", "wakes", "mends", "leans", "attributes", "effect", "popularity")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(catalogue_text())


def test_every_deed_has_an_action_and_every_action_but_the_way_out_a_deed(catalogue: Catalogue) -> None:
    assert set(DEED_OF.values()) == set(range(len(DEEDS)))
    assert {action.id for action in catalogue.actions if not action.cancels} == set(DEED_OF)
    assert sum(action.cancels for action in catalogue.actions) == 1


def test_an_action_costs_and_gives_what_its_deed_does(catalogue: Catalogue) -> None:
    for name, place in DEED_OF.items():
        action, deed = catalogue.action[name], DEEDS[place]
        assert (action.kind, action.minutes) == (deed.kind, deed.minutes)
        assert action.cost == deed.cost / 100
        given = (0, 0) if action.discount is None else (action.discount.amount * 100, action.discount.months)
        assert given == (deed.discount, deed.months)
        assert action.commitment.months == deed.term


def test_who_holds_the_cheaper_plan_gives_it_up_for_the_dearer(catalogue: Catalogue) -> None:
    assert {name: action.replaces for name, action in catalogue.action.items() if action.replaces} == {
        "offer-mobile-plus.instead": ("mobile-basic",),
        "deal-mobile-plus.instead": ("mobile-basic",),
        "offer-line-fast.instead": ("line-basic",),
        "deal-line-fast.instead": ("line-basic",),
    }


def test_products_cost_and_earn_what_the_goods_do(catalogue: Catalogue) -> None:
    assert {product.id: (product.price, product.margin) for product in catalogue.products} == {
        good.id: (good.price / 100, good.margin / 100) for good in LIST
    }


def test_a_guess_is_one_for_each_kind(catalogue: Catalogue) -> None:
    guesses = {
        (action.kind, action.acceptance.rate) for action in catalogue.actions if action.acceptance is not None
    }
    assert guesses == {("offer", 0.10), ("save", 0.35)}


def test_money_is_for_every_reason_but_poor_service_and_an_apology_for_that_alone(
    catalogue: Catalogue,
) -> None:
    saves = [action for action in catalogue.actions if action.kind == "save"]
    assert {"service" in action.motives for action in saves if action.id != "save-apology"} == {False}
    assert catalogue.action["save-apology"].condition == "has(contact.motive) && contact.motive == 'service'"


def test_the_documents_say_nothing_of_what_is_hidden() -> None:
    text = catalogue_text() + policy_text(FACTS)
    assert not [word for word in HIDDEN if f'"{word}"'.encode() in text]


def test_the_policy_knows_the_facts_it_is_given_and_one_of_the_contact() -> None:
    policy = load_policy(policy_text(FACTS))
    assert set(policy.facts) == {*FACTS, "can_be_repaired"}
    assert [mode.id for mode in policy.modes] == ["put_right", "save", "fix_first", "grow"]
    assert json.loads(policy_text(FACTS))["money"]["minute_price"] == 0.60
