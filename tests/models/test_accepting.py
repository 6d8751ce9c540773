"""What outcomes taught offline moves the chance of accepting, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.accepting import MOST_COUNTED, Acceptances
from models.learned import Correction, Learned
from models.pricing import sources_of
from models.response import Decision
from models.swaps import Swap
from tests.builders import (
    a_bundle,
    a_customer,
    a_decision,
    a_history,
    a_propensity,
    a_save,
    an_offer,
    an_outcome,
    some_knowledge,
)

SELL, STAY = (
    an_offer("sell", acceptance={"rate": 0.2, "keep": 0.9}),
    a_save("stay", acceptance={"rate": 0.3}),
)
RARE = a_propensity({"tv": 0.5, "films": 0.5}, any_in_90_days=0.02, any_typical=0.02)
"""Hardly anybody takes anything unasked, so that asking is worth something."""


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def chance(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def taught(**given: Any) -> Acceptances:
    return Acceptances.model_validate({"prior": 1.0, **given})


def decided(
    part: Acceptances | None, action: Any = SELL, learned: Learned | None = None, **given: Any
) -> Decision:
    history = given.pop("history", None)
    bundle = a_bundle(given.pop("winner", RARE), acceptance=part)
    knowledge = some_knowledge(action, bundle=bundle).with_(learned=learned or Learned())
    return a_decision(knowledge, customer=a_customer(holding="fiber"), history=history, **given)


def p_of(part: Acceptances | None, action: Any = SELL, **given: Any) -> float:
    found = decided(part, action, **given)
    (value,) = [one.value for one in found.proposals if one.action_id == action["id"]]
    assert value is not None
    return value.p_accept


def a_row(**given: Any) -> dict[str, Any]:
    return {"deviation": 0.3, "keep": 0.9, "spoken": 40, **given}


def test_a_discount_moves_an_action_nobody_heard_by_what_a_euro_does_for_its_kind() -> None:
    kind = {"mean": 0.2, "by_channel": {}, "by_motive": {}, "deviation": 0.5, "each_euro": 0.02}
    part = taught(kinds={"save": kind}, actions={"heard": a_row(mean=0.7, by_channel={}, by_motive={})})
    assert part.correction("new", "save", "voice", None, 30.0) == pytest.approx(0.8)
    assert part.correction("new", "save", "voice", None) == pytest.approx(0.2)
    assert part.correction("heard", "save", "voice", None, 30.0) == pytest.approx(0.7)
    deal = a_save("stay", acceptance={"rate": 0.3}, discount={"amount": 5, "months": 6})
    assert p_of(part, deal, intent="cancel") == pytest.approx(chance(logit(0.3) + 0.8), abs=6e-5)


def test_a_part_that_taught_nothing_changes_nothing() -> None:
    [with_it], [without] = decided(taught()).proposals, decided(None).proposals
    assert with_it.value is not None
    unsure = {"low": None, "high": None}  # how sure the stated figure is, is all that it says
    assert with_it.model_copy(update={"value": with_it.value.model_copy(update=unsure)}) == without
    assert p_of(None) == pytest.approx(0.18, abs=1e-4)


def test_a_correction_moves_the_pull_and_what_is_kept() -> None:
    row = a_row(mean=0.5, by_channel={"voice": 0.25, "chat": 9.0}, keep=0.8)
    p = p_of(taught(actions={"sell": row}))
    assert p == pytest.approx(0.8 * chance(logit(0.2) + 0.75), abs=1e-4)


def test_the_motive_counts_where_it_was_said() -> None:
    row = a_row(mean=0.5, by_motive={"price": -1.0}, keep=1.0)
    part = taught(actions={"stay": row})
    assert p_of(part, STAY, intent="cancel") == pytest.approx(chance(logit(0.3) + 0.5), abs=1e-4)
    said = p_of(part, STAY, intent="cancel", motive="price")
    assert said == pytest.approx(chance(logit(0.3) - 0.5), abs=1e-4)


def test_what_the_snapshot_learned_online_comes_on_top() -> None:
    part = taught(actions={"sell": a_row(mean=0.5, keep=1.0)})
    learned = Learned(corrections={"sell": Correction(mean=-0.25)})
    assert p_of(part, learned=learned) == pytest.approx(chance(logit(0.2) + 0.25), abs=1e-4)


def test_an_action_nobody_was_asked_goes_by_its_kind_and_one_of_an_unheard_kind_by_the_catalogue() -> None:
    part = taught(kinds={"offer": {"mean": -1.0, "deviation": 0.4}})
    assert p_of(part) == pytest.approx(0.9 * chance(logit(0.2) - 1.0), abs=1e-4)
    assert p_of(part, STAY, intent="cancel") == pytest.approx(0.3, abs=1e-4)
    assert [part.deviation("sell", kind) for kind in ("offer", "save")] == [0.4, 1.0]
    assert taught(actions={"sell": a_row()}).deviation("sell", "offer") == 0.3


def test_a_wish_to_leave_and_offers_heard_lately_count_where_they_were_learned() -> None:
    kind = {"deviation": 0.4, "leaving": -0.5, "each_offer": -0.2}
    part = taught(kinds={"offer": kind, "save": {"deviation": 0.4, "leaving": 0.7}})
    assert p_of(part, STAY, intent="cancel") == pytest.approx(chance(logit(0.3) + 0.7), abs=1e-4)
    heard = [
        an_outcome("spoken", action=f"other-{n}", action_kind="offer", contact_id=f"K-{n}", days_ago=9)
        for n in range(MOST_COUNTED + 3)
    ]
    for count in (0, 1, 2, MOST_COUNTED, MOST_COUNTED + 3):
        expected = 0.9 * chance(logit(0.2) - 0.2 * min(count, MOST_COUNTED))
        assert p_of(part, history=a_history(*heard[:count])) == pytest.approx(expected, abs=1e-4)


def test_the_odds_of_accepting_follow_those_of_taking_as_far_as_the_slope_says() -> None:
    winner = a_propensity(
        {"tv": 0.9, "films": 0.1}, any_in_90_days=0.02, any_typical=0.02, base={"tv": 0.5, "films": 0.5}
    )
    full, half, none = (p_of(taught(slope=slope), winner=winner) / 0.9 for slope in (1.0, 0.5, 0.0))
    assert none == pytest.approx(0.2, abs=1e-4)
    assert logit(half) - logit(none) == pytest.approx((logit(full) - logit(none)) / 2, abs=2e-3)
    assert full > half > none


def test_p_is_learned_where_the_action_was_heard() -> None:
    winner = a_propensity({"tv": 0.5, "films": 0.5})
    for part, source in (
        (taught(kinds={"offer": {"deviation": 0.4}}), "assumed"),
        (taught(actions={"sell": a_row()}), "learned"),
    ):
        knowledge = some_knowledge(SELL, bundle=a_bundle(winner, acceptance=part))
        rows = [row for row, action in enumerate(knowledge.catalogue.actions) if action.id == "sell"]
        swap = knowledge.portfolios.of({"fiber": 1}).fits[rows[0]]
        assert isinstance(swap, Swap)
        assert sources_of(rows[0], swap, knowledge.tariff)["p"] == source
