"""How sure a value is, against a simulation that prices every draw by itself."""

from __future__ import annotations

import numpy as np
import pytest

from models.uncertainty import DIMENSIONS, DRAWS, Spread, _points, eiv_draws, interval, sureness
from models.value import Floats, Options, Outlook, margin_changes, price

H = 36
N = 12
SIMULATED = 4_000


def some_outlook(q0: float) -> Outlook:
    return Outlook(np.full(H, 20.0), np.linspace(0.03, 0.015, H), q0, 0.10, 2.0)


def some_options(rng: np.random.Generator, q0: float, q1: float) -> Options[Floats]:
    gained, cut, months = rng.uniform(-4, 8, N), rng.uniform(0, 6, N), rng.integers(0, H, N).astype(float)
    return Options(
        p=rng.uniform(0.05, 0.6, N),
        rho=rng.uniform(0.02, 0.3, N) if q0 else np.zeros(N),
        q1=np.full(N, q1),
        margin_change=margin_changes(gained, cut, months, H),
        hazard_ratio=rng.uniform(0.7, 1.3, N),
        cost=rng.uniform(0, 15, N),
        wake=np.zeros(N) if q0 else rng.uniform(0, 3, N),
        contact_cost=rng.uniform(0, 2, N),
        organic=rng.uniform(0, 0.05, N),
    )


def a_spread(**given: float) -> Spread:
    figures: dict[str, float] = dict.fromkeys(Spread._fields, 0.0) | {"keep": 0.9} | given
    leaving = figures.pop("leaving")
    return Spread(leaving=leaving, **{name: np.full(N, figure) for name, figure in figures.items()})


def moved(chance: Floats, by: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        logit = np.log(chance / (1 - chance)) + by
    return np.asarray(1 / (1 + np.exp(-logit)))


def simulated(outlook: Outlook, options: Options[Floats], spread: Spread, seed: int) -> Floats:
    """(SIMULATED, N): every draw priced by `price`, with random normals."""
    rng = np.random.default_rng(seed)
    found = []
    for p, ratio, leaving, refused, accepted in rng.standard_normal((SIMULATED, 5)):
        leaves = spread.leaving * leaving
        drawn = options._replace(
            p=spread.keep * moved(options.p / spread.keep, spread.p * p),
            hazard_ratio=options.hazard_ratio * np.exp(spread.ratio * ratio),
            wake=options.wake + spread.wake * leaving,
            cost=options.cost + spread.wake * leaving,
            q1=moved(options.q1, leaves + spread.refused * refused),
            rho=moved(options.rho, leaves + spread.accepted * accepted),
        )
        q0 = float(moved(np.array([outlook.q0]), np.array([leaves]))[0]) if outlook.q0 else 0.0
        found.append(price(outlook._replace(q0=q0), drawn).eiv)
    return np.array(found)


CASES = {
    "an offer": (0.0, a_spread(p=0.5, ratio=0.08)),
    "an offer that may wake": (0.0, a_spread(p=0.4, ratio=0.05, wake=1.5)),
    "a save": (0.45, a_spread(p=0.4, leaving=0.3, refused=0.15, accepted=0.4)),
    "a save of a product that locks in": (
        0.3,
        a_spread(p=0.3, ratio=0.1, leaving=0.2, refused=0.1, accepted=0.2),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_interval_is_that_of_a_simulation(case: str) -> None:
    q0, spread = CASES[case]
    outlook, options = some_outlook(q0), some_options(np.random.default_rng(3), q0, min(1.0, q0 * 1.1))
    low, high = interval(eiv_draws(outlook, options, price(outlook, options), spread))
    truth = simulated(outlook, options, spread, seed=5)
    expected_low, expected_high = np.quantile(truth, [0.1, 0.9], axis=0)
    width = expected_high - expected_low
    assert np.abs(low - expected_low).max() < 0.08 * width.max()
    assert np.abs(high - expected_high).max() < 0.08 * width.max()
    assert np.all(np.abs(high - low - width) < 0.12 * width + 0.02)


@pytest.mark.parametrize("case", CASES)
def test_how_likely_it_is_worth_something_is_that_of_a_simulation(case: str) -> None:
    q0, spread = CASES[case]
    outlook, options = some_outlook(q0), some_options(np.random.default_rng(4), q0, min(1.0, q0 * 1.1))
    found = sureness(eiv_draws(outlook, options, price(outlook, options), spread))
    truth = (simulated(outlook, options, spread, seed=6) > 0).mean(axis=0)
    assert np.abs(found - truth).max() < 0.04


def test_what_is_certain_has_an_interval_of_one_point() -> None:
    outlook, options = some_outlook(0.4), some_options(np.random.default_rng(5), 0.4, 0.44)
    priced = price(outlook, options)
    low, high = interval(eiv_draws(outlook, options, priced, a_spread()))
    assert np.allclose(low, priced.eiv, rtol=0, atol=1e-9)
    assert np.allclose(high, priced.eiv, rtol=0, atol=1e-9)


def test_whoever_accepts_nothing_and_leaves_for_certain_is_drawn_as_he_is() -> None:
    outlook = some_outlook(1.0)
    options = some_options(np.random.default_rng(6), 1.0, 1.0)._replace(p=np.zeros(N))
    draws = eiv_draws(
        outlook, options, price(outlook, options), a_spread(p=1.0, leaving=1.0, refused=1.0, accepted=1.0)
    )
    expected = -options.contact_cost[None, :] - options.organic * price(outlook, options).k * (
        price(outlook, options).M + price(outlook, options).L
    )
    assert np.allclose(draws, np.broadcast_to(expected, draws.shape), atol=1e-9)


def test_the_points_are_standard_normal_and_know_nothing_of_each_other() -> None:
    points = _points()
    assert points.shape == (DRAWS, DIMENSIONS)
    assert np.abs(points.mean(axis=0)).max() < 0.04
    assert np.abs(points.std(axis=0) - 1).max() < 0.03
    assert np.abs(np.corrcoef(points.T) - np.eye(DIMENSIONS)).max() < 0.1


def test_the_spread_of_some_actions_is_theirs() -> None:
    spread = a_spread(p=0.5, leaving=0.3)._replace(p=np.arange(N, dtype=float))
    part = spread.take([3, 7])
    assert part.p.tolist() == [3.0, 7.0]
    assert part.leaving == 0.3
    assert part.keep.tolist() == [0.9, 0.9]
