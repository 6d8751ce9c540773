"""What a policy would have earned, against worlds small enough to be added up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.budget import shadow_price
from training.evaluation.policy_value import Logged, as_policy, crossed, policy_value

MEANS = np.array([[10.0, 0.0, 2.0], [1.0, 8.0, 2.0], [-5.0, -1.0, 0.0]])
"""The reward by kind of customer and action; the last action is nothing."""
CHANCES = np.array([[0.3, 0.2, 0.5], [0.2, 0.2, 0.6], [0.4, 0.3, 0.3]])
"""With which each action was logged."""
BEST = np.eye(3)[[0, 1, 2]]


def a_log(n: int = 6000, seed: int = 1, noise: float = 3.0) -> tuple[Any, Logged]:
    dice = np.random.default_rng(seed)
    kind = dice.integers(0, 3, n)
    action = (dice.random(n)[:, None] > CHANCES[kind].cumsum(axis=1)).sum(axis=1)
    reward = MEANS[kind, action] + noise * dice.normal(size=n)
    return kind, Logged(action, CHANCES[kind, action], reward)


def foretold(kind: Any, logged: Logged) -> Any:
    """The mean reward by kind and action of the others."""

    def fit(train: Any, test: Any) -> Any:
        table = np.zeros((3, 3))
        for k in range(3):
            for a in range(3):
                table[k, a] = logged.reward[train][(kind[train] == k) & (logged.action[train] == a)].mean()
        return table[kind[test]]

    return crossed(np.arange(len(kind)) % 5, fit, 3)


def test_every_estimator_finds_the_value_that_adds_up() -> None:
    kind, logged = a_log()
    exact = float((MEANS * BEST).sum(axis=1)[kind].mean())
    found = policy_value(logged, BEST[kind], foretold(kind, logged))
    for estimate in (found.ips, found.snips, found.dr):
        assert estimate is not None
        assert abs(estimate.value - exact) < estimate.high - estimate.low  # four standard errors
    assert found.dr is not None
    assert found.ips is not None
    assert found.dr.high - found.dr.low < 0.7 * (found.ips.high - found.ips.low)


def test_without_noise_and_with_the_right_prediction_dr_is_exact() -> None:
    kind, logged = a_log(noise=0.0)
    found = policy_value(logged, BEST[kind], MEANS[kind])
    assert found.dr is not None
    assert found.dr.value == pytest.approx((MEANS * BEST).sum(axis=1)[kind].mean())


def test_a_wrong_prediction_leaves_dr_unbiased() -> None:
    errors = []
    for seed in range(20):
        kind, logged = a_log(seed=seed)
        found = policy_value(logged, BEST[kind], np.full((len(kind), 3), 4.0))
        assert found.dr is not None
        errors.append(found.dr.value - (MEANS * BEST).sum(axis=1)[kind].mean())
    assert abs(np.mean(errors)) < 3.0 * np.std(errors) / np.sqrt(len(errors))


def test_what_was_logged_is_worth_what_it_earned() -> None:
    kind, logged = a_log()
    found = policy_value(logged, CHANCES[kind], np.zeros((len(kind), 3)))
    assert found.ips is not None
    assert found.ips.value == pytest.approx(logged.reward.mean())
    assert found.effective == pytest.approx(len(kind))


def test_too_few_that_agree_are_not_estimable() -> None:
    kind, logged = a_log(900)
    found = policy_value(logged, BEST[kind], MEANS[kind])
    assert (found.ips, found.snips, found.dr) == (None, None, None)
    assert found.reason is not None
    assert found.reason.startswith("not estimable: the weights are worth")


def test_propensities_that_were_not_those_it_was_drawn_with_are_found_out() -> None:
    kind, logged = a_log()
    wrong = Logged(logged.action, np.minimum(1.0, 1.3 * logged.propensity), logged.reward)
    found = policy_value(wrong, BEST[kind], MEANS[kind])
    assert found.reason is not None
    assert "mean weight" in found.reason


def test_a_propensity_of_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Logged(np.array([0]), np.array([0.0]), np.array([1.0]))


def test_a_plan_within_a_budget_is_judged_from_the_log() -> None:
    kind, logged = a_log()
    gains, costs = MEANS[kind][:, :2] - MEANS[kind][:, 2:], np.tile([4.0, 2.0], (len(kind), 1))
    plan = shadow_price(gains, costs, budget=1.0 * len(kind))
    policy = as_policy(plan, 2)
    exact = float((MEANS[kind] * policy).sum(axis=1).mean())
    found = policy_value(logged, policy, foretold(kind, logged))
    assert found.dr is not None
    assert abs(found.dr.value - exact) < found.dr.high - found.dr.low  # four standard errors
    assert plan.spends <= len(kind)
