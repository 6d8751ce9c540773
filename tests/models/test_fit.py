"""Plain fields stop an action before any rule is asked, and say which field it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from models.knowledge import Knowledge
from models.response import Veto
from models.swaps import Fitting, Swap, fittings, product_needs
from tests.builders import (
    CANCEL,
    PRODUCTS,
    a_catalogue,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_save,
    an_action,
    an_offer,
    an_outcome,
    proposed,
    some_knowledge,
    veto_of,
    vetoed,
    vetoes_of,
)


def stopped(
    action: Mapping[str, Any], *, holding: tuple[str, ...] = (), products: Any = PRODUCTS, **contact: Any
) -> Veto | None:
    """The fit veto of the one action there is, or None when it is eligible."""
    knowledge = some_knowledge(catalogue=a_catalogue(action, products=products))
    decision = a_decision(knowledge, customer=a_customer(holding=holding), **contact)
    return next((veto for veto in vetoes_of(decision) if veto.tier == "fit"), None)


def said(veto: Veto | None) -> tuple[str, Mapping[str, Any]]:
    assert veto is not None
    return veto.rule, veto.values


def a_fitting(action: Mapping[str, Any]) -> Fitting:
    return fittings(a_catalogue(action))[0]


# --- the contact -------------------------------------------------------------------------------------------------------


def test_a_kind_the_mode_does_not_know_has_no_place() -> None:
    assert said(stopped(a_save())) == ("kind_not_in_mode", {"mode": "grow", "kind": "save"})


def test_the_way_out_is_shown_to_nobody_who_did_not_ask() -> None:
    assert said(stopped(CANCEL)) == ("no_wish_to_leave", {"contact.leaving": False})


def test_the_way_out_is_open_once_asked_for() -> None:
    assert stopped(CANCEL, intent="cancel") is None


@pytest.mark.parametrize("mode", [{"kinds": ["offer"]}, {"kinds": []}])
def test_an_emergency_has_a_place_in_every_mode(mode: dict[str, Any]) -> None:
    knowledge = some_knowledge(an_action("block", "service", emergency=True), modes=[a_mode("m", **mode)])
    assert proposed(a_decision(knowledge)) == ["block"]


def test_an_emergency_stays_on_its_channels() -> None:
    action = an_action("block", "service", emergency=True, channels=["voice"])
    assert said(stopped(action, channel="sms")) == ("channel", {"contact.channel": "sms"})


def test_an_action_stays_on_its_channels() -> None:
    action = an_offer(channels=["chat", "web"])
    assert said(stopped(action, channel="voice")) == ("channel", {"contact.channel": "voice"})
    assert stopped(action, channel="web") is None


@pytest.mark.parametrize(
    ("dates", "fits"),
    [
        ({"valid_from": "2026-11-21"}, True),
        ({"valid_from": "2026-11-22"}, False),
        ({"valid_until": "2026-11-21"}, True),
        ({"valid_until": "2026-11-20"}, False),
        ({"valid_from": "2026-11-01", "valid_until": "2026-11-30"}, True),
    ],
)
def test_an_action_is_valid_from_its_first_day_through_its_last(dates: dict[str, str], fits: bool) -> None:
    assert (stopped(an_offer(**dates)) is None) is fits


def test_a_veto_of_dates_shows_them() -> None:
    assert said(stopped(an_offer(valid_from="2026-12-01"))) == (
        "dates",
        {"valid_from": "2026-12-01", "valid_until": None},
    )


def test_a_save_fits_its_motives() -> None:
    assert said(stopped(a_save(motives=["service"]), intent="cancel", motive="price")) == (
        "motive",
        {"contact.motive": "price"},
    )


@pytest.mark.parametrize("motive", ["service", None, "karma"])
def test_a_save_with_motives_is_open_to_its_own_and_to_the_unknown(motive: str | None) -> None:
    assert stopped(a_save(motives=["service"]), intent="cancel", motive=motive) is None


def test_a_save_without_motives_fits_all() -> None:
    assert stopped(a_save(), intent="cancel", motive="price") is None


def test_the_motives_of_an_offer_stop_nobody() -> None:
    assert stopped(an_offer(motives=["service"]), motive="price") is None


def test_a_save_refused_in_this_conversation_is_not_made_again() -> None:
    decision = a_decision(
        some_knowledge(a_save()), history=a_history(an_outcome("declined")), intent="cancel"
    )
    assert said(veto_of(decision, "cheaper")) == ("already_refused", {"history.saves_refused": ("cheaper",)})


# --- holdings ----------------------------------------------------------------------------------------------------------


def test_what_is_held_is_not_sold_again() -> None:
    assert said(stopped(an_offer(sells=["tv"]), holding=("tv",))) == ("already_held", {"product": "tv"})


def test_what_is_repeatable_is_sold_again() -> None:
    assert stopped(an_offer(sells=["films"]), holding=("films",)) is None


def test_without_what_it_replaces_an_action_has_nothing_to_do() -> None:
    assert said(stopped(an_offer(sells=["fiber"], replaces=["dsl"]))) == (
        "nothing_to_replace",
        {"replaces": ("dsl",)},
    )


@pytest.mark.parametrize("needed", ["fiber", "internet"])
def test_an_action_asks_for_a_product_or_any_of_a_family(needed: str) -> None:
    action = an_offer(requires=[needed])
    assert said(stopped(action)) == ("requires", {"requires": needed})
    assert stopped(action, holding=("fiber",)) is None


@pytest.mark.parametrize("shunned", ["fiber", "internet"])
def test_an_action_may_shun_a_product_or_a_family(shunned: str) -> None:
    action = an_offer(excludes=[shunned])
    assert stopped(action) is None
    assert said(stopped(action, holding=("fiber",))) == ("excludes", {"excludes": shunned})


def with_needs(**needs: Any) -> list[dict[str, Any]]:
    """The usual products, television with these needs."""
    return [{**product, **(needs if product["id"] == "tv" else {})} for product in PRODUCTS]


def test_what_is_sold_needs_what_it_requires() -> None:
    products = with_needs(requires=["internet"])
    assert said(stopped(an_offer(), products=products)) == (
        "requires",
        {"product": "tv", "requires": "internet"},
    )
    assert stopped(an_offer(), products=products, holding=("dsl",)) is None


def test_what_is_sold_together_may_need_each_other() -> None:
    assert stopped(an_offer(sells=["tv", "fiber"]), products=with_needs(requires=["internet"])) is None


def test_what_is_given_up_leaves_nothing_behind_that_needs_it() -> None:
    action = an_offer(sells=["films"], replaces=["fiber"])
    products = with_needs(requires=["internet"])
    assert said(stopped(action, products=products, holding=("fiber", "tv"))) == (
        "requires",
        {"product": "tv", "requires": "internet"},
    )


def test_what_is_replaced_within_its_family_leaves_its_dependants_standing() -> None:
    action = an_offer(sells=["fiber"], replaces=["dsl"])
    assert stopped(action, products=with_needs(requires=["internet"]), holding=("dsl", "tv")) is None


def test_what_was_missing_before_stops_no_swap() -> None:
    action = an_offer(sells=["mobile-l"], replaces=["mobile-s"])
    assert stopped(action, products=with_needs(requires=["internet"]), holding=("mobile-s", "tv")) is None


def test_what_is_sold_does_not_stand_beside_what_it_excludes() -> None:
    products = with_needs(excludes=["streaming"])
    assert said(stopped(an_offer(), products=products, holding=("films",))) == (
        "excludes",
        {"product": "tv", "excludes": "streaming"},
    )


def test_what_is_sold_does_not_stand_beside_what_excludes_it() -> None:
    products = with_needs(excludes=["streaming"])
    assert said(stopped(an_offer(sells=["films"]), products=products, holding=("tv",))) == (
        "excludes",
        {"product": "films", "excludes": "tv"},
    )


def test_what_is_given_up_is_no_obstacle_to_what_excludes_it() -> None:
    action = an_offer(sells=["tv"], replaces=["films"])
    assert stopped(action, products=with_needs(excludes=["streaming"]), holding=("films",)) is None


def test_a_product_may_exclude_the_others_of_its_family() -> None:
    products = with_needs(excludes=["television"])
    assert stopped(an_offer(), products=products) is None


def test_products_exclude_each_other_by_one_of_them_saying_so() -> None:
    needs = product_needs(a_catalogue(products=with_needs(excludes=["films"])))
    assert needs["films"].excludes == (("tv", frozenset({"tv"})),)


# --- the swap ----------------------------------------------------------------------------------------------------------


def test_one_product_of_each_family_is_given_up_the_first_listed_that_is_held() -> None:
    fitting = a_fitting(an_offer(sells=["tv"], replaces=["dsl", "mobile-l", "fiber", "mobile-s"]))
    assert fitting.swap({"fiber": 1, "mobile-s": 1, "mobile-l": 1}) == Swap(
        ("tv",), ("fiber", "mobile-l"), {"mobile-s": 1, "tv": 1}
    )


def test_of_a_product_held_twice_one_is_given_up() -> None:
    swap = a_fitting(an_offer(sells=["tv"], replaces=["films"])).swap({"films": 2})
    assert swap == Swap(("tv",), ("films",), {"films": 1, "tv": 1})


def test_a_swap_leaves_the_holdings_it_was_asked_of_alone() -> None:
    held = {"dsl": 1}
    a_fitting(an_offer(sells=["fiber"], replaces=["dsl"])).swap(held)
    assert held == {"dsl": 1}


def test_there_is_no_swap_without_something_to_give_up() -> None:
    assert a_fitting(an_offer(sells=["fiber"], replaces=["dsl"])).swap({"tv": 1}) is None


# --- admission -----------------------------------------------------------------------------------------------------------


def repairing(also: Any) -> Knowledge:
    modes = [
        a_mode(
            "fix_first", when="history.open_complaints > 0 || contact.leaving", kinds=["service"], also=also
        ),
        a_mode("grow"),
    ]
    return some_knowledge(
        a_save("apology", motives=["service"]),
        a_save("cheaper", motives=["price"]),
        a_save("any"),
        modes=modes,
    )


def test_a_mode_admits_another_kind_for_its_motives_only() -> None:
    knowledge = repairing([{"kinds": ["save"], "motives": ["service"]}])
    decision = a_decision(knowledge, customer=a_customer(holding="fiber"), intent="cancel")
    assert (proposed(decision), vetoed(decision)) == (
        ["apology"],
        {"cheaper": "kind_not_in_mode", "any": "kind_not_in_mode"},
    )


def test_an_admission_without_motives_admits_the_whole_kind() -> None:
    decision = a_decision(repairing([{"kinds": ["save"]}]), intent="cancel")
    assert "kind_not_in_mode" not in vetoed(decision).values()


@pytest.mark.parametrize(("channel", "admitted"), [("voice", True), ("chat", False)])
def test_an_admission_holds_while_its_condition_does(channel: str, admitted: bool) -> None:
    knowledge = repairing([{"kinds": ["save"], "motives": ["service"], "when": "contact.channel == 'voice'"}])
    decision = a_decision(knowledge, customer=a_customer(holding="fiber"), channel=channel, intent="cancel")
    assert (proposed(decision) == ["apology"]) is admitted


# --- what is shared ------------------------------------------------------------------------------------------------------


def test_the_answers_kept_are_bounded() -> None:
    knowledge = some_knowledge(an_offer(channels=["chat"]))
    knowledge.door._known.most = 2
    for channel in ("voice", "chat", "web", "app", "voice"):
        decision = a_decision(knowledge, channel=channel)
        assert (vetoed(decision) == {}) is (channel == "chat")
        assert len(knowledge.door._known) <= 2
