"""Being asked may wake who sleeps: what that costs, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.pricing import sources_of
from models.response import Decision, Value
from models.swaps import Swap
from models.value import discount_factors
from models.waking import Waking, wakes_of
from tests.builders import (
    a_bundle,
    a_churn_model,
    a_contact,
    a_customer,
    a_decision,
    a_propensity,
    a_request,
    a_save,
    an_offer,
    some_knowledge,
)

H, R, HAZARD = 36, 0.10, 0.02
RARE = a_propensity({"tv": 0.5, "films": 0.5}, any_in_90_days=0.02, any_typical=0.02)
SELL = an_offer("sell", sells=["tv"], acceptance={"rate": 0.5}, cost=3.0)


def waking(log_ratio: float = 0.7, deviation: float = 0.2, **given: Any) -> Waking:
    kinds = given.pop("kinds", ("offer",))
    row = {"log_ratio": log_ratio, "deviation": deviation}
    usual = {
        "kinds": dict.fromkeys(kinds, row),
        "fade": 0.5,
        "share": (0.4, 1.0, 1.0, 1.0),
        "contacts": 900,
        "asked": 400,
    }
    return Waking.model_validate({**usual, **given})


def decided(part: Waking | None, action: Any = SELL, *, other: bool = False, **given: Any) -> Decision:
    churn = a_churn_model(HAZARD)
    if other:
        churn = replace(churn, causes={"non-payment": a_churn_model(0.01)})
    knowledge = some_knowledge(action, bundle=a_bundle(RARE, churn=churn, waking=part))
    request = a_request(contact=a_contact(**given), detail="full")
    return a_decision(knowledge, customer=a_customer(holding="fiber"), request=request)


def value_of(part: Waking | None, action: Any = SELL, **given: Any) -> Value:
    (value,) = [
        one.value for one in decided(part, action, **given).proposals if one.action_id == action["id"]
    ]
    assert value is not None
    return value


def worth_less(
    log_ratio: float = 0.7,
    *,
    fade: float = 0.5,
    share: tuple[float, ...] = (0.4, 1.0, 1.0, 1.0),
    margin: float = 20.0,
) -> float:
    """What a customer of this margin is worth less when woken."""
    t = np.arange(H)
    part = np.zeros(H)
    part[: len(share)] = share
    ratio = 1.0 + part * (np.exp(log_ratio * fade**t) - 1.0)
    now, then = np.cumprod(np.full(H, 1 - HAZARD)), np.cumprod(1 - HAZARD * ratio)
    return float(margin * ((now - then) * discount_factors(H, R)).sum())


def test_waking_is_paid_whatever_the_answer() -> None:
    bare, woken = value_of(None), value_of(waking())
    assert bare.terms is not None
    assert woken.terms is not None
    assert worth_less() > 5.0
    assert woken.terms.cost == round(-0.5 * 3.0 - worth_less(), 2)
    assert woken.expected == pytest.approx(bare.expected - worth_less(), abs=0.02)
    assert [woken.terms.margin, woken.terms.lock_in] == [bare.terms.margin, bare.terms.lock_in]


def test_it_lasts_as_long_and_fades_as_fast_as_was_seen() -> None:
    for fade, share in ((0.0, (1.0,) * 4), (1.0, (0.5,)), (1.0, (1.0,) * 12), (0.8, (0.2, 1.0, 1.0))):
        terms = value_of(waking(0.3, 0.1, fade=fade, share=share)).terms
        assert terms is not None
        assert terms.cost == round(-0.5 * 3.0 - worth_less(0.3, fade=fade, share=share), 2)


def test_what_the_catalogue_says_of_waking_is_paid_as_before() -> None:
    action = {**SELL, "wake": 2.0}
    terms = value_of(waking(), action).terms
    assert terms is not None
    assert terms.cost == round(-0.5 * 3.0 - 0.5 * 2.0 - worth_less(), 2)


def test_what_cannot_be_told_from_nothing_counts_as_nothing() -> None:
    for part in (waking(0.38, 0.2), waking(-0.9, 0.2), waking(kinds=("save",))):
        assert decided(part).proposals == decided(None).proposals
    assert waking(0.40, 0.2).kinds["offer"].counts


def test_who_wishes_to_leave_is_awake() -> None:
    stay = a_save("stay", acceptance={"rate": 0.3})
    part = waking(kinds=("offer", "save"))
    asleep, awake = (value_of(given, stay, intent="cancel") for given in (None, part))
    assert (awake.expected, awake.terms) == (asleep.expected, asleep.terms)


def test_each_kind_has_its_own_and_other_kinds_none() -> None:
    kinds = {"offer": {"log_ratio": 0.7, "deviation": 0.2}, "save": {"log_ratio": 1.4, "deviation": 0.3}}
    both = Waking.model_validate({**waking().model_dump(), "kinds": kinds})
    found = wakes_of(both, ["service", "save", "offer"], 3)
    assert found is not None
    assert found.of_action.tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert found.ratios[0, 1] == pytest.approx(
        1.0 + np.array([0.4, 1.0, 1.0]) * (np.exp([1.4, 0.7, 0.35]) - 1.0)
    )
    assert found.ratios[1, 0] == pytest.approx(
        1.0 + np.array([0.4, 1.0, 1.0]) * (np.exp([0.9, 0.45, 0.225]) - 1.0)
    )


def test_other_causes_take_their_part_first() -> None:
    alone, beside = value_of(waking()), value_of(waking(), other=True)
    assert alone.terms is not None
    assert beside.terms is not None
    assert -alone.terms.cost > -beside.terms.cost > 0.8 * -alone.terms.cost


def test_the_source_is_named_where_it_was_measured() -> None:
    for part, named in ((waking(), True), (waking(0.1), False), (waking(kinds=("save",)), False)):
        knowledge = some_knowledge(SELL, bundle=a_bundle(RARE, churn=a_churn_model(HAZARD), waking=part))
        row = next(row for row, action in enumerate(knowledge.catalogue.actions) if action.id == "sell")
        swap = knowledge.portfolios.of({"fiber": 1}).fits[row]
        assert isinstance(swap, Swap)
        assert ("wake" in sources_of(row, swap, knowledge.tariff)) is named
