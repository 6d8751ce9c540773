"""Lock-in of made-up products, from months of made-up customers: what counts, what does not, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.lockin import Effect
from training.fit.aipw import contrast
from training.fit.customer_panel import Panel
from training.fit.lockin import LockInFit, Ware, fit_lockin
from training.fit.refuting import e_value, leaving_out, placebo_outcome, placebo_treatment
from training.fit.trial import Trial, acquired, after, starts, trial_of

PRODUCTS = ("anchor", "idle", "phone", "rare", "plan-small", "plan-large")
EFFECTS = np.array([-0.9, 0.0, -0.8, 0.0, 0.0, 0.0])
"""On ln(hazard)."""
MONTHS, CUSTOMERS = 14, 3_000
WARES = {name: Ware(name, binds=name == "phone") for name in PRODUCTS} | {
    "idle": Ware("idle", needs=(frozenset({"plan-small", "plan-large"}),))
}


def a_panel(*, hides: bool = False, effects: np.ndarray = EFFECTS, seed: int = 4) -> Panel:
    """The loyal buy more and leave less; with `hides` no fact shows who is loyal. Who takes the large plan gives up the small one."""
    rng = np.random.default_rng(seed)
    loyal = rng.normal(size=CUSTOMERS)
    region = rng.integers(0, 3, CUSTOMERS)
    held = np.zeros((CUSTOMERS, len(PRODUCTS)), dtype=bool)
    held[:, 4] = True
    here = np.ones(CUSTOMERS, dtype=bool)
    appeal = np.array([-4.6, -4.6, -4.6, -8.0, -np.inf, -4.6])
    drawn: list[tuple[np.ndarray, ...]] = []
    for month in range(MONTHS):
        rate = np.exp(-3.7 - (0.9 if hides else 0.7) * loyal + held @ effects)
        left = here & (rng.random(CUSTOMERS) < rate)
        wished = here & (rng.random(CUSTOMERS) < np.minimum(2 * np.exp(-3.9 - 0.5 * loyal), 1.0))
        who = np.flatnonzero(here)
        drawn.append((who, np.full(len(who), month), held[who], left[who], wished[who]))
        wants = rng.random(held.shape) < 1 / (1 + np.exp(-appeal - (1.0 if hides else 0.7) * loyal[:, None]))
        wants &= ~held & ~left[:, None]
        held |= wants
        held[:, 4] &= ~held[:, 5]
        here &= ~left
    customer, months, holds, leaves, wished = (np.concatenate(column) for column in zip(*drawn, strict=True))
    order = np.lexsort((months, customer))
    customer, months = customer[order], months[order]
    first = np.searchsorted(customer, customer, side="left")
    last = np.searchsorted(customer, customer, side="right") - 1
    shown = rng.normal(size=CUSTOMERS) if hides else loyal
    table = pl.DataFrame(
        {"score": shown[customer], "region": np.array(["north", "south", "west"])[region[customer]]}
    )
    return Panel(
        table=table,
        facts={"score": "number", "region": "string"},
        products=PRODUCTS,
        customer=customer,
        month=months,
        held=holds[order],
        left=leaves[order],
        spoken=np.zeros(len(customer), dtype=bool),
        wished=wished[order],
        first=first,
        last=last,
        known=True,
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    return a_panel()


@pytest.fixture(scope="module")
def fit(panel: Panel) -> LockInFit:
    return fit_lockin(panel, WARES, 0)


def of(fit: LockInFit, product: str) -> Effect:
    return next(effect for effect in fit.table.effects if effect.product_id == product)


def test_what_keeps_customers_is_graded_b_with_its_checks(fit: LockInFit) -> None:
    effect = of(fit, "anchor")
    assert effect.grade == "B"
    assert effect.evidence is not None
    assert effect.low < np.exp(-0.9) < effect.high
    assert effect.evidence.naive.ratio < effect.evidence.adjusted.ratio < 1
    assert [check.name for check in effect.evidence.checks] == [
        "placebo outcome",
        "placebo treatment",
        "E-value",
        "leaving out",
    ]
    assert fit.table.ratio(["anchor"]) == effect.hazard_ratio
    assert (
        effect.reason == "adjusted, not refuted by placebo outcome, placebo treatment, E-value, leaving out"
    )


def test_a_grade_says_which_check_could_not_be_made_and_why(panel: Panel) -> None:
    unknown = replace(panel, known=False)
    effect = of(fit_lockin(unknown, WARES, 0), "anchor")
    assert effect.grade == "B"
    assert effect.reason == (
        "adjusted, not refuted by placebo treatment, E-value, leaving out; could not be made: placebo outcome "
        "(the tables have no journal, so wishes to leave are not known)"
    )


def test_what_changes_nothing_counts_as_nothing(fit: LockInFit) -> None:
    effect = of(fit, "idle")
    assert (effect.grade, effect.reason) == ("C", "it could as well be nothing")
    assert effect.evidence is not None
    assert effect.evidence.naive.high < 1
    assert fit.table.ratio(["idle"]) == 1.0


def test_what_binds_is_a_barrier_however_well_it_holds(fit: LockInFit) -> None:
    effect = of(fit, "phone")
    assert (effect.grade, effect.barrier) == ("C", True)
    assert effect.reason == "it binds by a term: a barrier is no reason to stay"
    assert effect.evidence is not None
    assert effect.evidence.adjusted.high < 1


def test_what_few_took_and_what_replaces_another_are_not_estimated(fit: LockInFit) -> None:
    assert of(fit, "rare").reason.endswith("took it, 80 are needed")
    assert of(fit, "plan-large").reason.startswith("taking it mostly replaces another product")
    assert of(fit, "rare").evidence is None
    assert of(fit, "plan-large").hazard_ratio == 1.0


def test_a_hidden_reason_to_buy_and_stay_is_found_out() -> None:
    fit = fit_lockin(a_panel(hides=True, effects=np.zeros(len(PRODUCTS))), WARES, 0)
    found = [of(fit, name) for name in ("anchor", "idle")]
    assert all(effect.evidence and effect.evidence.adjusted.high < 1 for effect in found)
    assert [effect.grade for effect in found] == ["C"] * 2
    assert any("placebo treatment" in effect.reason for effect in found)


def test_every_product_has_a_row_and_a_place_in_the_sentences(fit: LockInFit) -> None:
    assert tuple(effect.product_id for effect in fit.table.effects) == PRODUCTS
    assert sum(fit.metrics.values()) == len(PRODUCTS)
    said = " ".join(fit.sentences)
    assert all(product in said for product in PRODUCTS)
    assert "Lock-in of anchor: hazard x 0." in said


def test_without_months_lock_in_is_left_out_and_says_so() -> None:
    fit = fit_lockin(None, {}, 0)
    assert fit.table.effects == ()
    assert fit.sentences == ("Lock-in is left out: no months with 'churned' are known.",)


def test_short_follow_up_says_how_many_leavers_are_needed(panel: Panel) -> None:
    early = panel.month < 4
    kept = np.flatnonzero(early)
    customer = panel.customer[kept]
    short = replace(
        panel,
        table=panel.table[kept],
        customer=customer,
        month=panel.month[kept],
        held=panel.held[kept],
        left=panel.left[kept],
        spoken=panel.spoken[kept],
        wished=panel.wished[kept],
        first=np.searchsorted(customer, customer, side="left"),
        last=np.searchsorted(customer, customer, side="right") - 1,
    )
    assert "would be expected to leave, 5 are needed" in of(fit_lockin(short, WARES, 0), "anchor").reason


# --- the checks, one by one -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trial(panel: Panel) -> Trial:
    return trial_of(panel, acquired(panel)[:, 0], ~panel.held[:, 0], 0)


def test_the_placebo_outcome_fails_when_takers_wished_to_leave_more_before(
    panel: Panel, trial: Trial
) -> None:
    assert placebo_outcome(panel, trial, 0).passed
    wished = panel.wished.copy()
    wished[trial.taken - 2] |= panel.customer[trial.taken - 2] == panel.customer[trial.taken]
    check = placebo_outcome(replace(panel, wished=wished), trial, 0)
    assert not check.passed
    assert "more often than" in check.says


def test_the_placebo_outcome_passes_unmade_where_no_wishes_are_known(panel: Panel, trial: Trial) -> None:
    new = Trial(trial.taken[panel.first[trial.taken] > trial.taken - 6], trial.others)
    for check, why in (
        (placebo_outcome(replace(panel, known=False), trial, 0), "The tables have no journal"),
        (placebo_outcome(panel, new, 0), "Nobody who took it was watched for 6 months"),
        (
            placebo_outcome(replace(panel, wished=np.zeros_like(panel.wished)), trial, 0),
            "Nobody to compare with wished",
        ),
    ):
        assert (check.passed, check.value) == (True, None)
        assert check.says.startswith(why)


def test_the_placebo_treatment_fails_when_all_who_took_something_stay_alike(
    panel: Panel, trial: Trial
) -> None:
    effect = contrast(after(panel, trial), 0)
    alike = Trial(trial.taken[::2], trial.taken[1::2])
    assert not placebo_treatment(effect, panel, alike, 0).passed
    nobody = Trial(trial.taken, np.array([], dtype=np.int64))
    check = placebo_treatment(effect, panel, nobody, 0)
    assert (check.passed, check.value) == (False, None)


def test_the_placebo_treatment_passes_when_others_who_took_something_leave_more(
    panel: Panel, trial: Trial
) -> None:
    effect = contrast(after(panel, trial), 0)
    others = np.flatnonzero(starts(panel) & acquired(panel)[:, 1:].any(axis=1) & ~panel.held[:, 0])
    assert placebo_treatment(effect, panel, Trial(trial.taken, others), 0).passed


def test_the_e_value_fails_when_a_known_reason_is_as_strong(panel: Panel, trial: Trial) -> None:
    rows = after(panel, trial)
    effect = contrast(rows, 0)
    assert e_value(effect, rows).passed
    weak = e_value(replace(effect, log_ratio=-0.02), rows)
    assert not weak.passed
    assert weak.value == pytest.approx(np.exp(0.02) + np.sqrt(np.exp(0.02) * (np.exp(0.02) - 1)))
    nothing_known = replace(rows, design=np.zeros((len(rows.taken), 1)), names=("none",))
    assert "any known fact" in e_value(effect, nothing_known).says


def test_leaving_out_fails_when_one_region_makes_the_effect(panel: Panel, trial: Trial) -> None:
    assert leaving_out(contrast(after(panel, trial), 0), panel, trial).passed
    end = panel.last[trial.taken]
    left = panel.left.copy()
    would = np.random.default_rng(1).random(len(end)) < 1 - np.exp(
        -0.03 * (MONTHS - 1 - panel.month[trial.taken])
    )
    left[end] = (panel.table["region"] != "north").to_numpy()[end] & would
    only = replace(panel, left=left)
    check = leaving_out(contrast(after(only, trial), 0), only, trial)
    assert not check.passed
    assert check.value is not None
    assert check.value < 0.5
