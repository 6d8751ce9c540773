"""What an action is worth, against worked examples, its own algebra and a simulation of its futures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.value import (
    TERMS,
    Floats,
    Options,
    Outlook,
    Priced,
    discount_factors,
    margin_changes,
    present_weights,
    price,
    round_terms,
    share_when_later,
)

H = 36


def present_value(margins: Floats, hazard: Floats, yearly_discount: float) -> Floats:
    """V(S, h) = sum over t of m_t · G(t)/(1+d)^t; margins and hazard (.., H) -> (..)."""
    value: Floats = np.einsum("...h,...h->...", margins, present_weights(hazard, yearly_discount))
    return value


def incremental_value(p: Floats, *, q0: float, V0: float, V1: Floats, k: float, a: Options[Floats]) -> Floats:
    """EIV by its three futures (accepts, refuses, is not asked): the number the terms must add up to. (N,)."""
    accepts = (1.0 - a.rho) * V1 - a.cost
    refuses = (1.0 - a.q1) * V0 - a.wake
    unasked = (1.0 - q0) * V0 + a.organic * k * (V1 - V0)
    value: Floats = p * accepts + (1.0 - p) * refuses - unasked - a.contact_cost
    return value


def an_outlook(*, margin: float = 20.0, hazard: float = 0.02, q0: float = 0.0, delay: float = 1.5) -> Outlook:
    return Outlook(np.full(H, margin), np.full(H, hazard), q0, 0.10, delay)


def an_option(*, change: float | Floats = 0.0, **given: float) -> Options[Floats]:
    """One action that does nothing for nobody, unless told otherwise."""
    figures: dict[str, float] = dict.fromkeys(
        ("p", "rho", "q1", "cost", "wake", "contact_cost", "organic"), 0.0
    )
    figures |= {"hazard_ratio": 1.0, **given}
    rows: dict[str, Any] = {name: np.array([figure]) for name, figure in figures.items()}
    return Options(margin_change=np.broadcast_to(change, (1, H)).astype(float), **rows)


def some_options(rng: np.random.Generator, n: int, q0: float) -> Options[Floats]:
    gained, cut, months = rng.uniform(-8, 12, n), rng.uniform(0, 8, n), rng.integers(0, H, n).astype(float)
    return Options(
        p=rng.uniform(0, 1, n),
        rho=rng.uniform(0, 0.5, n),
        q1=rng.uniform(0, 1, n),
        margin_change=margin_changes(gained, cut, months, H),
        hazard_ratio=rng.uniform(0.5, 1.5, n),
        cost=rng.uniform(0, 40, n),
        wake=rng.uniform(0, 5, n),
        contact_cost=rng.uniform(0, 3, n),
        organic=rng.uniform(0, 1 - q0, n),
    )


def shown(priced: Priced[Floats]) -> dict[str, float]:
    terms, expected = round_terms(priced.terms[0])
    return dict(zip(TERMS, terms, strict=True)) | {"expected": expected}


# --- worked examples -----------------------------------------------------------------------------------------------


def test_the_value_of_saying_nothing_is_446_28() -> None:
    assert round(price(an_outlook(), an_option()).V0, 2) == 446.28


@pytest.mark.parametrize(
    ("cut", "months", "leaves", "cost", "worth"),
    [
        (0, 0, 0.37, 0.0, 35.70),
        (5, 6, 0.30, 27.22, 47.89),
        (5, 12, 0.26, 50.21, 47.64),
        (8, 12, 0.235, 80.33, 34.50),
    ],
)
def test_a_price_cut_for_everyone_is_worth_the_saved_less_the_discount(
    cut: float, months: float, leaves: float, cost: float, worth: float
) -> None:
    change = margin_changes(np.zeros(1), np.array([float(cut)]), np.array([float(months)]), H)
    priced = price(an_outlook(q0=0.45), an_option(p=1.0, rho=leaves, change=change))
    assert round(-float(priced.M[0]), 2) == cost
    assert round(float(priced.eiv[0]), 2) == worth
    assert shown(priced)["expected"] == worth


def test_the_offer_that_saves_most_customers_is_worth_least() -> None:
    cuts, months = np.array([0.0, 5, 5, 8]), np.array([0.0, 6, 12, 12])
    rho, nothing = np.array([0.37, 0.30, 0.26, 0.235]), np.zeros(4)
    change = margin_changes(nothing, cuts, months, H)
    given_to_all = Options(np.ones(4), rho, nothing, np.ones(4), nothing, nothing, nothing, nothing, change)
    eiv = price(an_outlook(q0=0.45), given_to_all).eiv
    assert int(eiv.argmin()) == int(rho.argmin()) == 3


def test_an_upsell_earns_margin_and_lock_in_at_the_new_hazard() -> None:
    priced = price(an_outlook(), an_option(p=0.12, change=4.0, hazard_ratio=0.85, cost=8.0, contact_cost=0.5))
    assert round(float(priced.M[0]), 2) == 93.64
    assert round(float(priced.L[0]), 2) == 21.90
    assert round(float(priced.eiv[0]), 2) == 12.40


def test_the_upsell_shows_the_sum_of_its_cents() -> None:
    """11.236 + 2.628 - .96 - .50 is 12.404; rounded one by one the terms add up to a cent more, and so it is shown."""
    priced = price(an_outlook(), an_option(p=0.12, change=4.0, hazard_ratio=0.85, cost=8.0, contact_cost=0.5))
    assert shown(priced) == {
        "saved": 0.0,
        "margin": 11.24,
        "lock_in": 2.63,
        "organic": 0.0,
        "cost": -0.96,
        "contact": -0.5,
        "expected": 12.41,
    }


def test_the_right_sized_plan_of_the_design_is_worth_15_82() -> None:
    priced = price(an_outlook(q0=0.45), an_option(p=0.42, rho=0.08, q1=0.45, change=-6.0, contact_cost=1.80))
    assert shown(priced) == {
        "saved": 69.35,
        "margin": -51.73,
        "lock_in": 0.0,
        "organic": 0.0,
        "cost": 0.0,
        "contact": -1.8,
        "expected": 15.82,
    }


# --- present value -------------------------------------------------------------------------------------------------


def test_a_year_of_discounting_is_the_yearly_discount() -> None:
    assert discount_factors(12, 0.10)[-1] == pytest.approx(1 / 1.10, rel=1e-15)
    assert discount_factors(12, 0.10)[0] == pytest.approx(1.10 ** (-1 / 12), rel=1e-15)


def test_discount_factors_are_made_once_and_cannot_be_changed() -> None:
    assert discount_factors(24, 0.08) is discount_factors(24, 0.08)
    with pytest.raises(ValueError, match="read-only"):
        discount_factors(24, 0.08)[0] = 2.0


def test_a_payment_at_the_month_end_needs_the_whole_month_survived() -> None:
    value = present_value(np.array([10.0, 10.0]), np.array([0.5, 0.2]), 0.0)
    assert float(value) == pytest.approx(10 * 0.5 + 10 * 0.5 * 0.8)


def test_present_values_come_by_row() -> None:
    rows = present_value(np.full((3, H), 20.0), np.full(H, 0.02), 0.10)
    assert rows.round(2).tolist() == [446.28] * 3


@pytest.mark.parametrize(
    ("horizon", "discount"), [(0, 0.1), (36, -0.1), (36, float("nan")), (36, float("inf"))]
)
def test_a_horizon_or_discount_that_cannot_be_is_refused(horizon: int, discount: float) -> None:
    with pytest.raises(ValueError, match="give at least 1 month and a discount of 0 or more"):
        discount_factors(horizon, discount)


def test_a_discount_runs_for_its_months_and_the_gain_stays() -> None:
    change = margin_changes(np.array([7.0, 0.0]), np.array([5.0, 2.0]), np.array([2.0, np.inf]), 4)
    assert change.tolist() == [[2.0, 2.0, 7.0, 7.0], [-2.0, -2.0, -2.0, -2.0]]


def test_a_hazard_is_never_more_than_certain() -> None:
    priced = price(an_outlook(hazard=0.4), an_option(p=1.0, change=4.0, hazard_ratio=3.0))
    assert priced.V1.tolist() == [0.0]
    assert priced.L.tolist() == [-priced.V0]


def test_a_clock_in_the_hazard_counts_in_its_month() -> None:
    hazard = np.full(H, 0.02)
    hazard[11] = 0.30
    curve = np.cumprod(1 - hazard) / 1.1 ** (np.arange(1, H + 1) / 12)
    outlook = an_outlook()._replace(hazard=hazard)
    now = price(outlook, an_option()).V0
    assert now == pytest.approx(float((20 * curve).sum()), rel=1e-14)


# --- taken later ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delay", "share"), [(0.0, 1.0), (36.0, 0.0), (99.0, 0.0)])
def test_taken_at_once_earns_all_and_after_the_horizon_nothing(delay: float, share: float) -> None:
    assert share_when_later(present_weights(np.full(H, 0.02), 0.10), delay) == share


def test_part_of_a_month_pays_its_part() -> None:
    weights = np.array([4.0, 3.0, 2.0, 1.0])
    assert share_when_later(weights, 1.0) == pytest.approx(0.6)
    assert share_when_later(weights, 1.5) == pytest.approx(0.45)


def test_a_customer_who_is_surely_gone_takes_nothing_later() -> None:
    assert share_when_later(present_weights(np.ones(H), 0.10), 1.0) == 0.0


@given(st.integers(0, 30), st.floats(0.0, 0.3), st.floats(-9.0, 9.0))
def test_k_is_exact_for_a_steady_margin_without_lock_in(delay: int, hazard: float, change: float) -> None:
    outlook = an_outlook(hazard=hazard, delay=float(delay))
    priced = price(outlook, an_option(change=change))
    later = np.where(np.arange(H) >= delay, change, 0.0)
    earned = float(present_value(later, outlook.hazard, 0.10))
    assert priced.k * (float(priced.V1[0]) - priced.V0) == pytest.approx(earned, abs=1e-9)


# --- the formula ---------------------------------------------------------------------------------------------------


def test_margin_and_lock_in_are_all_that_acceptance_changes() -> None:
    rng = np.random.default_rng(3)
    outlook, options = an_outlook(q0=0.3), some_options(rng, 60, 0.3)
    priced = price(outlook, options)
    hazard = np.minimum(outlook.hazard * options.hazard_ratio[:, None], 1)
    accepted = present_value(outlook.margin + options.margin_change, hazard, 0.10)
    np.testing.assert_allclose(priced.V1, accepted, rtol=1e-12)
    np.testing.assert_allclose(priced.V1 - priced.V0, priced.M + priced.L, atol=1e-9)


def test_without_evidence_there_is_exactly_no_lock_in() -> None:
    rng = np.random.default_rng(5)
    outlook = an_outlook()._replace(margin=rng.uniform(10, 30, H), hazard=rng.uniform(0, 0.06, H))
    options = some_options(rng, 61, 0.0)
    priced = price(outlook, options._replace(hazard_ratio=np.ones(61)))
    assert priced.L.tolist() == [0.0] * 61
    one_has_evidence = price(outlook, options._replace(hazard_ratio=np.array([0.9] + [1.0] * 60)))
    assert one_has_evidence.L[1:].tolist() == [0.0] * 60
    assert one_has_evidence.M[1:].tolist() == priced.M[1:].tolist()


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 0.3))
def test_the_terms_add_up_to_the_three_futures(seed: int, q0: float, hazard: float) -> None:
    options = some_options(np.random.default_rng(seed), 8, q0)
    priced = price(an_outlook(q0=q0, hazard=hazard), options)
    futures = incremental_value(options.p, q0=q0, V0=priced.V0, V1=priced.V1, k=priced.k, a=options)
    np.testing.assert_allclose(priced.eiv, futures, atol=1e-9)
    np.testing.assert_allclose(np.sum(priced.terms, axis=1), futures, atol=1e-9)


def test_doing_nothing_for_nobody_is_worth_nothing() -> None:
    assert shown(price(an_outlook(), an_option())) == dict.fromkeys((*TERMS, "expected"), 0.0)


def test_no_actions_have_no_prices() -> None:
    none = np.zeros(0)
    priced = price(an_outlook(), Options(*[none] * 8, np.zeros((0, H))))
    assert priced.eiv.size == 0
    assert round(priced.V0, 2) == 446.28


def _lives(rng: np.random.Generator, margin: Floats, hazard: Floats, n: int) -> Floats:
    """What n customers pay until they leave, each living through his own months."""
    survival = np.cumprod(1 - hazard)
    months = H - np.searchsorted(survival[::-1], rng.uniform(size=n), side="right")
    paid = np.concatenate(([0.0], np.cumsum(margin / 1.1 ** (np.arange(1, H + 1) / 12))))
    return paid[months]


@pytest.mark.parametrize("seed", range(20))
def test_the_price_is_the_mean_of_simulated_lives(seed: int) -> None:
    """Even seeds have no lock-in and a steady margin, so that who takes it later is followed month by month."""
    rng = np.random.default_rng(seed)
    n, q0, delay = 200_000, rng.uniform(0, 0.8), float(rng.integers(0, 7))
    steady = seed % 2 == 0
    options = some_options(rng, 1, q0)
    if steady:
        change = np.full((1, H), rng.uniform(-8, 12))
        options = options._replace(margin_change=change, hazard_ratio=np.ones(1))
    outlook = Outlook(rng.uniform(10, 30, H), rng.uniform(0, 0.06, H), q0, 0.10, delay)
    priced = price(outlook, options)
    p, rho, q1, o = (float(getattr(options, name)[0]) for name in ("p", "rho", "q1", "organic"))
    hazard = np.minimum(outlook.hazard * options.hazard_ratio[0], 1)
    gained = options.margin_change[0]

    def as_he_is() -> Floats:
        return _lives(rng, outlook.margin, outlook.hazard, n)

    def changed() -> Floats:
        return _lives(rng, outlook.margin + gained, hazard, n)

    def chance(of: float) -> Any:
        return rng.uniform(size=n) < of

    accepts = np.where(chance(rho), 0.0, changed()) - options.cost[0]
    refuses = np.where(chance(q1), 0.0, as_he_is()) - options.wake[0]
    asked = np.where(chance(p), accepts, refuses) - options.contact_cost[0]
    if steady:
        later = _lives(rng, outlook.margin + gained * (np.arange(H) >= delay), outlook.hazard, n)
    else:
        later = np.where(chance(priced.k), changed(), as_he_is())
    fate = rng.uniform(size=n)
    unasked = np.where(fate < q0, 0.0, np.where(fate < q0 + o, later, as_he_is()))

    difference = asked - unasked
    error = float(difference.std()) / np.sqrt(n)
    assert abs(float(difference.mean()) - float(priced.eiv[0])) < 4 * error
    assert error < 1.5


@given(st.tuples(*[st.floats(0, 1)] * 3), st.floats(0, 24), st.floats(0.01, 10), st.floats(0.5, 1.5))
def test_more_margin_is_worth_more_only_where_asking_adds_to_what_comes_unasked(
    chances: tuple[float, float, float], delay: float, more: float, ratio: float
) -> None:
    p, rho, o = chances
    outlook = an_outlook(q0=0.2, delay=delay)
    low, high = (
        price(outlook, an_option(p=p, rho=rho, organic=o, change=change, hazard_ratio=ratio))
        for change in (1.0, 1.0 + more)
    )
    adds = p * (1 - rho) - o * low.k
    gain = float(high.eiv[0] - low.eiv[0])
    if adds >= 0:
        assert gain >= -1e-9
    else:
        assert gain < 1e-9
        assert gain < 0 or adds > -1e-9


# --- shown in cents ------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
def test_the_shown_terms_add_up_to_expected_cent_for_cent(terms: list[float]) -> None:
    rounded, expected = round_terms(terms)
    assert sum([round(term * 100) for term in rounded]) == round(expected * 100)
    assert [round(term, 2) for term in rounded] == rounded


def test_zero_is_never_shown_as_negative() -> None:
    rounded, expected = round_terms([-0.001, -0.0, 0.004, 0.0, -0.004, 0.0])
    assert not np.signbit([*rounded, expected]).any()


# --- broken input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"margin": np.full(H, np.nan)}, "margin is not finite"),
        ({"margin": np.zeros(3)}, "give one figure a month to both"),
        ({"margin": np.zeros((2, H)), "hazard": np.zeros((2, H))}, "give one figure a month to both"),
        ({"margin": np.zeros(0), "hazard": np.zeros(0)}, "give one figure a month to both"),
        ({"hazard": np.full(H, 1.01)}, "hazard leaves"),
        ({"hazard": np.full(H, -0.01)}, "hazard leaves"),
        ({"hazard": np.full(H, np.nan)}, "hazard leaves"),
        ({"q0": 1.2}, "q0 is 1.2"),
        ({"q0": float("nan")}, "q0 is nan"),
        ({"delay": -1.0}, "delay is -1.0"),
        ({"delay": float("inf")}, "delay is inf"),
    ],
)
def test_an_outlook_that_cannot_be_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        price(an_outlook()._replace(**change), an_option())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", Options._fields[:-1])
def test_a_figure_that_is_not_finite_is_named_with_its_action(name: str, value: float) -> None:
    options = some_options(np.random.default_rng(1), 3, 0.0)
    broken = getattr(options, name).copy()
    broken[2] = value
    with pytest.raises(ValueError, match=rf"options: {name} of action 2 leaves \["):
        price(an_outlook(), options._replace(**{name: broken}))


@pytest.mark.parametrize("name", ["p", "rho", "q1", "organic"])
@pytest.mark.parametrize("value", [-0.001, 1.001])
def test_a_chance_outside_0_and_1_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{name} of action 0 leaves \[0, 1\]"):
        price(an_outlook(), an_option(**{name: value}))


def test_a_negative_hazard_ratio_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"hazard_ratio of action 0 leaves \[0, 1e\+09\]: give it in that range"
    ):
        price(an_outlook(), an_option(hazard_ratio=-0.1))


def test_a_margin_that_is_no_number_is_named_with_its_action() -> None:
    change = np.zeros((1, H))
    change[0, 7] = np.nan
    with pytest.raises(ValueError, match="margin_change of action 0"):
        price(an_outlook(), an_option(change=change))


def test_arrays_of_other_lengths_are_refused() -> None:
    options = some_options(np.random.default_rng(1), 3, 0.0)
    with pytest.raises(ValueError, match=r"cost has shape \(2,\): give a row to each of 3 actions"):
        price(an_outlook(), options._replace(cost=np.zeros(2)))
    with pytest.raises(ValueError, match=r"margin_change has shape \(3,\)"):
        price(an_outlook(), options._replace(margin_change=np.zeros(3)))


def test_another_horizon_than_the_outlook_is_refused() -> None:
    with pytest.raises(ValueError, match="margin_change has 12 months, the outlook 36"):
        price(an_outlook(), an_option()._replace(margin_change=np.zeros((1, 12))))


def test_other_causes_take_their_share_and_lock_in_leaves_them_alone() -> None:
    outlook = an_outlook(margin=20.0, hazard=0.02)._replace(other=np.full(H, 0.01))
    option = an_option(change=4.0, p=0.12, hazard_ratio=0.85, cost=8.0, contact_cost=0.5)
    priced = price(outlook, option)
    stays = np.cumprod(np.full(H, 0.98 * 0.99)) * discount_factors(H, 0.10)
    locked = np.cumprod(np.full(H, (1 - 0.02 * 0.85) * 0.99)) * discount_factors(H, 0.10)
    assert pytest.approx(20 * stays.sum()) == priced.V0
    assert pytest.approx([24 * locked.sum()]) == priced.V1
    assert priced.k == pytest.approx(share_when_later(stays, 1.5))


def test_no_other_causes_and_causes_that_never_come_are_the_same_to_the_last_bit() -> None:
    rng = np.random.default_rng(4)
    outlook, options = an_outlook(q0=0.45), some_options(rng, 9, 0.45)
    assert np.array_equal(
        price(outlook, options).terms, price(outlook._replace(other=np.zeros(H)), options).terms
    )


@pytest.mark.parametrize("other", [np.full(H, 1.2), np.full(H, -0.1), np.zeros(H - 1)])
def test_a_hazard_of_other_causes_beyond_its_range_or_months_is_refused(other: Floats) -> None:
    with pytest.raises(ValueError, match="outlook: other leaves"):
        price(an_outlook()._replace(other=other), an_option())
