"""The regression of actions one by one is the regression of everything at once."""

from __future__ import annotations

import numpy as np
import pytest

from training.fit.hierarchy import fit_groups, groups_of
from training.learning.design import Design, design
from training.learning.nested import fit

ACTIONS, ROUNDS, GUESS = 5, 8, 0.5
OWN, SHARED = np.array([0, 1, 1]), np.array([2, 3, 3])


def rows(seed: int = 0, n: int = 60) -> Design:
    """Own effects: the action and one of two channels or none; shared ones: all, and one of two families."""
    luck = np.random.default_rng(seed)
    action = np.sort(luck.permutation(np.arange(n) % ACTIONS))
    channel = luck.integers(3, size=n)
    own = np.column_stack([np.zeros(n, dtype=np.int64), np.where(channel == 0, -1, channel)])
    shared = np.column_stack([np.zeros(n, dtype=np.int64), 1 + action % 2])
    asked = luck.integers(1, 30, n) * 0.9
    yes = asked * luck.random(n) ** 2
    return design(action, own, shared, (OWN, SHARED), (luck.normal(-1.0, 1.0, n), asked, yes))


def test_it_equals_the_regression_with_all_effects_side_by_side() -> None:
    """Columns sorted by group, as that one has them."""
    given = rows()
    names = np.concatenate([np.tile(OWN, ACTIONS), SHARED])
    order = np.argsort(names, kind="stable")
    groups = groups_of(*((str(n), int((names == n).sum()), GUESS, False) for n in range(4)))
    other = fit_groups(
        given.effects.tocsc()[:, order].tocsr(),
        given.yes / given.asked,
        given.offset,
        groups,
        weight=given.asked,
        rounds=ROUNDS,
    )
    found = fit(given, GUESS, ROUNDS)
    mode = np.concatenate([found.mode.own.ravel(), found.mode.shared])
    variance = np.concatenate([part.ravel() for part in found.mode.curvature.variances()])
    assert mode[order] == pytest.approx(other.mode, abs=1e-4)
    assert variance[order] == pytest.approx(np.diag(other.covariance), rel=1e-4)
    weights = np.zeros(len(names))
    weights[[3, 4, len(names) - 3, len(names) - 2]] = 1.0
    own, shared = weights[:-3].reshape(ACTIONS, -1)[1], weights[-3:]
    assert np.sqrt(found.mode.curvature.variance(1, own, shared)) == pytest.approx(
        other.of(weights[order][None])[1][0], rel=1e-4
    )
    sign, log_det = np.linalg.slogdet(other.covariance)
    assert sign == 1.0
    assert found.mode.curvature.log_det == pytest.approx(-log_det, abs=1e-3)


def test_the_evidence_is_the_integral_of_the_likelihood() -> None:
    """One action, one effect that matters: by quadrature."""
    n = 4
    none = np.full((n, 1), -1)
    asked, yes = np.array([30.0, 10.0, 20.0, 40.0]), np.array([12.0, 3.0, 9.0, 10.0])
    zero = np.zeros(n, dtype=np.int64)
    given = design(zero, zero[:, None], none, (np.array([0]), np.array([1])), (np.zeros(n), asked, yes))
    effect = np.linspace(-5.0, 5.0, 20_001)
    height = yes.sum() * effect - asked.sum() * np.logaddexp(0.0, effect)
    prior = np.exp(-0.5 * (effect / GUESS) ** 2) / (GUESS * np.sqrt(2.0 * np.pi))
    integral = np.log((np.exp(height) * prior).sum() * (effect[1] - effect[0]))
    assert fit(given, GUESS, 1).evidence == pytest.approx(integral, abs=0.01)


def test_where_everything_is_as_foretold_nothing_moves() -> None:
    one = np.zeros(2, dtype=np.int64)
    groups = np.array([0]), np.array([1])
    told = np.zeros(2), np.array([2.0, 4.0]), np.array([1.0, 2.0])
    found = fit(design(one, one[:, None], one[:, None], groups, told), GUESS, ROUNDS)
    assert found.mode.own.item() == 0.0
    assert found.mode.shared.item() == 0.0


def test_a_start_far_from_the_mode_is_no_matter() -> None:
    one = np.zeros(1, dtype=np.int64)
    groups = np.array([0]), np.array([1])
    told = np.array([-40.0]), np.array([1e6]), np.array([5e5])
    found = fit(design(one, one[:, None], one[:, None], groups, told), 10.0, 30)
    assert -40.0 + found.mode.own.item() + found.mode.shared.item() == pytest.approx(0.0, abs=0.1)
