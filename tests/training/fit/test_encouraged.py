"""Offers drawn at random tell what a product does, whatever nobody can see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from training.fit.customer_panel import Panel
from training.fit.encouraged import Instrument, agrees, as_ratio, instrument, offers_of
from training.fit.lockin import Ware, fit_lockin

PRODUCTS = ("anchor", "idle")
EFFECT = -0.8
SELLS = {"offer-anchor": ["anchor"], "offer-idle": ["idle"], "save": []}
MONTHS, CUSTOMERS = 12, 4_000


def a_world(seed: int = 5, accepts: float = 0.5) -> tuple[Panel, pl.DataFrame]:
    """Loyalty moves buying and leaving and no fact shows it; the policy prefers the anchor for the young, and draws."""
    rng = np.random.default_rng(seed)
    loyal, young = rng.normal(size=CUSTOMERS), rng.random(CUSTOMERS) < 0.5
    held, here = np.zeros((CUSTOMERS, 2), dtype=bool), np.ones(CUSTOMERS, dtype=bool)
    drawn, asked = [], []
    for month in range(MONTHS):
        rate = np.exp(-3.2 - 0.8 * loyal + 0.4 * young + EFFECT * held[:, 0])
        left = here & (rng.random(CUSTOMERS) < rate)
        who = np.flatnonzero(here)
        drawn.append((who, np.full(len(who), month), held[who], left[who]))
        called = np.flatnonzero(here & (rng.random(CUSTOMERS) < 0.25) & ~held.any(axis=1))
        of_anchor = np.where(young[called], 0.7, 0.3)
        anchor = rng.random(len(called)) < of_anchor
        chance = np.where(anchor, of_anchor, 1 - of_anchor)
        day = date(2024, month + 1, 15)
        asked += [
            (f"C-{customer:05}", day, "offer-anchor" if one else "offer-idle", share)
            for customer, one, share in zip(called.tolist(), anchor.tolist(), chance.tolist(), strict=True)
        ]
        yes = rng.random(len(called)) < np.clip(accepts + 0.35 * loyal[called], 0.02, 1.0)
        held[called[yes], np.where(anchor[yes], 0, 1)] = True
        here &= ~left
    customer, months, holds, leaves = (np.concatenate(column) for column in zip(*drawn, strict=True))
    order = np.lexsort((months, customer))
    customer, months = customer[order], months[order]
    table = pl.DataFrame(
        {
            "customer_id": [f"C-{number:05}" for number in customer.tolist()],
            "month": [date(2024, number + 1, 1) for number in months.tolist()],
            "young": young[customer],
        }
    )
    nobody = np.zeros(len(customer), dtype=bool)
    panel = Panel(
        table=table,
        facts={"young": "boolean"},
        products=PRODUCTS,
        customer=customer,
        month=months,
        held=holds[order],
        left=leaves[order],
        spoken=nobody,
        wished=nobody,
        first=np.searchsorted(customer, customer, side="left"),
        last=np.searchsorted(customer, customer, side="right") - 1,
        known=False,
    )
    schema = {"customer_id": pl.String, "day": pl.Date, "action_id": pl.String, "probability": pl.Float64}
    return panel, pl.DataFrame(asked, schema=schema, orient="row")


@pytest.fixture(scope="module")
def world() -> tuple[Panel, pl.DataFrame]:
    return a_world()


@pytest.fixture(scope="module")
def found(world: tuple[Panel, pl.DataFrame]) -> Instrument:
    panel, drawn = world
    told = instrument(panel, offers_of(panel, drawn, SELLS), 0, ~panel.held[:, 0], 0)
    assert told is not None
    return told


def test_chance_recovers_the_effect_that_adjusting_misses(
    world: tuple[Panel, pl.DataFrame], found: Instrument
) -> None:
    assert found.strength > 100
    assert found.ratio.low < np.exp(EFFECT) < found.ratio.high < 1
    adjusted = fit_lockin(world[0], {name: Ware(name) for name in PRODUCTS}, 0).table.effects[0].evidence
    assert adjusted is not None
    assert adjusted.adjusted.high < np.exp(EFFECT)


def test_what_chance_surely_says_is_graded_a_and_the_rest_is_not(world: tuple[Panel, pl.DataFrame]) -> None:
    panel, drawn = world
    offers = offers_of(panel, drawn, SELLS)
    anchor, idle = fit_lockin(panel, {name: Ware(name) for name in PRODUCTS}, 0, offers).table.effects
    assert anchor.grade == "A"
    assert anchor.evidence is not None
    assert anchor.evidence.instrument is not None
    assert anchor.hazard_ratio == anchor.evidence.instrument.ratio
    assert anchor.reason.startswith("offers drawn at random say so, first stage F ")
    assert idle.grade != "B"


def test_an_offer_that_hardly_anybody_takes_is_too_weak_an_instrument() -> None:
    panel, drawn = a_world(accepts=-1.0)
    assert instrument(panel, offers_of(panel, drawn[:1500], SELLS), 0, ~panel.held[:, 0], 0) is None


def test_a_few_offers_tell_nothing(world: tuple[Panel, pl.DataFrame]) -> None:
    panel, drawn = world
    assert instrument(panel, offers_of(panel, drawn[:100], SELLS), 0, ~panel.held[:, 0], 0) is None
    nobody = replace(panel, left=np.zeros_like(panel.left))
    assert instrument(nobody, offers_of(panel, drawn, SELLS), 0, ~panel.held[:, 0], 0) is None


def test_an_effect_of_which_the_interval_has_no_ratio_is_not_told(world: tuple[Panel, pl.DataFrame]) -> None:
    panel, drawn = world
    some = offers_of(panel, drawn[:450], SELLS)
    found = instrument(panel, some, 0, ~panel.held[:, 0], 0)
    assert found is None or found.ratio.low > 0


def test_a_rate_that_adjusting_put_below_nothing_has_no_ratio() -> None:
    assert as_ratio(0.002, 0.001, -0.0001, 50.0) is None
    assert as_ratio(0.002, 0.001, 0.0, 50.0) is None
    found = as_ratio(0.01, 0.001, 0.01, 50.0)
    assert found is not None
    assert found.ratio.ratio == pytest.approx(2.0)


def test_only_what_was_drawn_and_sells_is_an_experiment(world: tuple[Panel, pl.DataFrame]) -> None:
    panel, _ = world
    first = panel.table["customer_id"][0]
    rows = [
        (first, date(2024, 1, 3), "save", 0.5),
        (first, date(2024, 1, 4), "offer-anchor", 1.0),
        (first, date(2024, 1, 5), "offer-idle", 0.25),
        (first, date(2024, 1, 6), "offer-anchor", 0.5),
        ("C-unknown", date(2024, 1, 6), "offer-anchor", 0.5),
    ]
    drawn = pl.DataFrame(rows, schema=["customer_id", "day", "action_id", "probability"], orient="row")
    offers = offers_of(panel, drawn, SELLS)
    assert offers.row.tolist() == [0]
    assert offers.sells.tolist() == [[False, True]]
    assert offers.weight.tolist() == [4.0]
    assert offers_of(panel, None, SELLS).row.size == 0


def test_an_estimate_that_chance_contradicts_is_refuted(found: Instrument) -> None:
    assert agrees(found.log_ratio + 0.1, 0.1, found).passed
    check = agrees(found.log_ratio - 2.0, 0.1, found)
    assert not check.passed
    assert "contradict" in check.says


def test_whom_nothing_comes_after_is_not_followed(world: tuple[Panel, pl.DataFrame]) -> None:
    panel, drawn = world
    offers = offers_of(panel, drawn, SELLS)
    assert len(drawn) > len(offers.row) == len(offers.sells) == len(offers.weight)
    assert (offers.row < panel.last[offers.row]).all()
