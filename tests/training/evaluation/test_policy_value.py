"""What a policy would have earned, against worlds small enough to be added up."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from models.budget import shadow_price
from training.evaluation.estimable import Weights, gates_of
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


def repeated(times: int, rows: list[tuple[int, float, float]], policy: list[list[float]]) -> Any:
    """Rows of (action, propensity, reward), each that often and each of a customer of its own."""
    action, propensity, reward = (np.repeat(column, times) for column in zip(*rows, strict=True))
    return Logged(action.astype(np.intp), propensity, reward), np.repeat(np.array(policy), times, axis=0)


def test_the_estimators_of_four_contacts_are_those_worked_out_by_hand() -> None:
    # Weights: .6/.5 = 1.2, .9/.75 = 1.2, .4/.5 = .8, .2/.25 = .8; rewards 10, 2, 5, 1.
    rows = [(0, 0.5, 10.0), (1, 0.75, 2.0), (1, 0.5, 5.0), (0, 0.25, 1.0)]
    policy = [[0.6, 0.4], [0.1, 0.9], [0.6, 0.4], [0.2, 0.8]]
    logged, table = repeated(200, rows, policy)
    foreseen = np.tile([4.0, 3.0], (len(table), 1))
    value = policy_value(logged, table, foreseen)
    found = value.found
    assert found is not None
    assert value.weights.effective == pytest.approx(200 * 16 / (1.44 + 1.44 + 0.64 + 0.64))
    assert found.ips.value == pytest.approx((12.0 + 2.4 + 4.0 + 0.8) / 4)
    assert found.snips.value == pytest.approx((12.0 + 2.4 + 4.0 + 0.8) / 4.0)
    # DM: .6·4 + .4·3 = 3.6, 3.1, 3.6, 3.2; residuals 1.2·6, 1.2·(-1), .8·2, .8·(-3).
    assert found.dm.value == pytest.approx(13.5 / 4)
    assert found.dr.value == pytest.approx((13.5 + 7.2 - 1.2 + 1.6 - 2.4) / 4)
    assert found.gain.value == pytest.approx(18.7 / 4 - 18.0 / 4)
    assert value.logged.value == pytest.approx(18.0 / 4)


def test_a_log_in_which_all_comes_as_often_as_its_chance_has_the_exact_truth() -> None:
    """Each kind of contact with each action in proportion to its chance: no dice, and every estimator is the sum over both."""
    chances = [[Fraction(1, 5), Fraction(4, 5)], [Fraction(2, 3), Fraction(1, 3)]]
    policy = [[Fraction(1, 2), Fraction(1, 2)], [Fraction(1, 7), Fraction(6, 7)]]
    rewards = [[Fraction(3), Fraction(1)], [Fraction(10), Fraction(-2)]]
    wrong = [[5.0, -4.0], [1.0, 1.0]]
    truth = sum(policy[i][a] * rewards[i][a] for i, a in product((0, 1), (0, 1))) / 2
    rows = [(i, a) for i, a in product((0, 1), (0, 1)) for _ in range(int(600 * chances[i][a]))]
    logged = Logged(
        np.array([a for _, a in rows]),
        np.array([float(chances[i][a]) for i, a in rows]),
        np.array([float(rewards[i][a]) for i, a in rows]),
    )
    table = np.array([[float(p) for p in policy[i]] for i, _ in rows])
    value = policy_value(logged, table, np.array([wrong[i] for i, _ in rows]))
    assert value.weights.mean == pytest.approx(1.0)
    assert value.found is not None
    for one in (value.found.ips, value.found.snips, value.found.dr):
        assert one.value == pytest.approx(float(truth))
    assert value.found.dm.value != pytest.approx(float(truth))


def test_every_estimator_finds_the_value_that_adds_up() -> None:
    kind, logged = a_log()
    exact = float((MEANS * BEST).sum(axis=1)[kind].mean())
    found = policy_value(logged, BEST[kind], foretold(kind, logged)).found
    assert found is not None
    for estimate in (found.ips, found.snips, found.dm, found.dr):
        assert abs(estimate.value - exact) < 4.0 * estimate.error
        assert estimate.low < estimate.value < estimate.high
    assert found.dr.error < 0.7 * found.ips.error
    assert found.gain.value == pytest.approx(found.dr.value - logged.reward.mean())


def test_without_noise_and_with_the_right_prediction_dr_is_exact() -> None:
    kind, logged = a_log(noise=0.0)
    found = policy_value(logged, BEST[kind], MEANS[kind]).found
    assert found is not None
    assert found.dr.value == pytest.approx((MEANS * BEST).sum(axis=1)[kind].mean())
    assert found.dm.value == pytest.approx(found.dr.value)


def test_a_wrong_prediction_leaves_dr_unbiased() -> None:
    errors = []
    for seed in range(12):
        kind, logged = a_log(seed=seed)
        found = policy_value(logged, BEST[kind], np.full((len(kind), 3), 4.0)).found
        assert found is not None
        errors.append(found.dr.value - (MEANS * BEST).sum(axis=1)[kind].mean())
    assert abs(np.mean(errors)) < 3.0 * np.std(errors) / np.sqrt(len(errors))


def test_what_was_logged_is_worth_what_it_earned() -> None:
    kind, logged = a_log()
    value = policy_value(logged, CHANCES[kind], np.zeros((len(kind), 3)))
    assert value.found is not None
    assert value.found.ips.value == pytest.approx(logged.reward.mean())
    assert value.found.gain.value == pytest.approx(0.0, abs=1e-9)
    assert value.weights.effective == pytest.approx(len(kind))


def test_contacts_of_one_customer_count_as_one_for_the_error() -> None:
    kind, one = a_log()
    twice = Logged(
        *(np.repeat(column, 4) for column in (one.action, one.propensity, one.reward, np.arange(len(kind))))
    )
    alone = policy_value(one, BEST[kind], MEANS[kind]).found
    four = policy_value(twice, np.repeat(BEST[kind], 4, axis=0), np.repeat(MEANS[kind], 4, axis=0)).found
    assert alone is not None
    assert four is not None
    assert four.dr.value == pytest.approx(alone.dr.value)
    assert four.dr.error == pytest.approx(alone.dr.error)
    assert four.snips.error == pytest.approx(alone.snips.error)


def test_what_is_chosen_in_a_later_turn_multiplies_the_weight() -> None:
    """Two turns of two actions each, the second drawn evenly: the value of 'always the second action' adds up to 7."""
    dice = np.random.default_rng(5)
    first, second = dice.integers(0, 2, (2, 12_000))
    reward = 3.0 * first + 4.0 * second + dice.normal(size=len(first))
    later = np.where(second == 1, 2.0, 0.0)
    logged = Logged(first, np.full(len(first), 0.5), reward, later=later)
    policy = np.tile([0.0, 1.0], (len(first), 1))
    found = policy_value(logged, policy, np.tile([4.0, 7.0], (len(first), 1))).found
    assert found is not None
    for estimate in (found.ips, found.snips, found.dr):
        assert abs(estimate.value - 7.0) < 4.0 * estimate.error
    weight = 2.0 * (first == 1) * later
    assert found.snips.value == pytest.approx(float(weight @ reward / weight.sum()))


def failing(value: Any) -> list[str]:
    return [gate.name for gate in value.failed]


def test_too_few_that_agree_are_not_estimable() -> None:
    kind, logged = a_log(900)
    value = policy_value(logged, BEST[kind], MEANS[kind])
    assert value.found is None
    assert failing(value) == ["effective sample size"]
    assert value.failed[0].figure.endswith("of 900 contacts")
    assert value.failed[0].needed == "at least 500"
    assert value.logged.value == pytest.approx(logged.reward.mean())


def test_of_many_contacts_the_weights_must_be_worth_two_percent() -> None:
    weight = np.zeros(40_000)
    weight[:700] = 40_000 / 700
    gates = gates_of(Weights.of(weight, np.arange(len(weight))))
    assert [gate.name for gate in gates if not gate.holds] == ["effective sample size"]
    assert gates[1].needed == "at least 800"


def test_propensities_that_were_not_those_it_was_drawn_with_are_found_out() -> None:
    kind, logged = a_log()
    wrong = Logged(logged.action, np.minimum(1.0, 1.3 * logged.propensity), logged.reward)
    assert failing(policy_value(wrong, BEST[kind], MEANS[kind])) == ["mean weight"]


def test_choices_that_could_not_be_drawn_are_no_support() -> None:
    kind, logged = a_log()
    lost = np.where(kind == 0, 0.2, 0.0)
    value = policy_value(logged, CHANCES[kind], MEANS[kind], lost=lost)
    assert failing(value) == ["support"]
    share = 100.0 * float(lost.mean())
    assert value.failed[0].figure == f"{share:.1f} % of the choices could not be drawn in these logs"


def test_one_customer_may_not_carry_the_estimate() -> None:
    kind, logged = a_log()
    customer = np.where(np.arange(len(kind)) < 0.06 * len(kind), 0, np.arange(len(kind)))
    same = Logged(logged.action, logged.propensity, logged.reward, customer)
    assert failing(policy_value(same, CHANCES[kind], MEANS[kind])) == ["largest customer"]


def test_a_handful_of_customers_is_not_drawn_again() -> None:
    kind, logged = a_log()
    few = Logged(logged.action, logged.propensity, logged.reward, np.arange(len(kind)) % 90)
    assert failing(policy_value(few, CHANCES[kind], MEANS[kind])) == ["customers"]


def test_a_clip_is_stated_and_pulls_towards_the_prediction() -> None:
    dice = np.random.default_rng(3)
    rare = dice.random(20_000) < 0.001
    reward = np.where(rare, 50.0, 1.0) + dice.normal(size=len(rare))
    logged = Logged(rare.astype(np.intp), np.where(rare, 0.001, 0.999), reward)
    policy = np.tile([0.97, 0.03], (len(rare), 1))
    foreseen = np.tile([1.0, 50.0], (len(rare), 1))
    assert policy_value(logged, policy, foreseen).found is not None
    clipped = policy_value(logged, policy, foreseen, clip=10.0)
    assert clipped.weights.most == 10.0
    assert clipped.weights.clipped == pytest.approx(rare.mean())
    weight = np.where(rare, 30.0, 0.97 / 0.999)
    assert clipped.weights.clipped_weight == pytest.approx(20.0 * rare.sum() / weight.sum())
    assert clipped.found is not None
    assert clipped.found.dr.value == pytest.approx(0.97 + 1.5, abs=0.1)
    assert clipped.found.ips.value < 0.97 + 0.03 * 50.0 - 0.6


def test_a_clip_that_takes_too_much_is_found_out_by_the_mean_weight() -> None:
    kind, logged = a_log()
    assert failing(policy_value(logged, BEST[kind], MEANS[kind], clip=1.5)) == ["mean weight"]


def test_a_propensity_of_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Logged(np.array([0]), np.array([0.0]), np.array([1.0]))


def test_a_plan_within_a_budget_is_judged_from_the_log() -> None:
    kind, logged = a_log()
    gains, costs = MEANS[kind][:, :2] - MEANS[kind][:, 2:], np.tile([4.0, 2.0], (len(kind), 1))
    plan = shadow_price(gains, costs, budget=1.0 * len(kind))
    policy = as_policy(plan, 2)
    exact = float((MEANS[kind] * policy).sum(axis=1).mean())
    found = policy_value(logged, policy, foretold(kind, logged)).found
    assert found is not None
    assert abs(found.dr.value - exact) < 4.0 * found.dr.error
    assert plan.spends <= len(kind)
