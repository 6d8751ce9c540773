"""Policies judged from another one's log, where what every action would have brought was played; the whole is `python -m bench policy_value`."""

from __future__ import annotations

import numpy as np
import pytest

from bench import policy_value
from bench.policy_value import (
    DATA,
    Contacts,
    a_log,
    a_policy,
    chances,
    logging,
    open_bandit,
    population,
    trials,
)


@pytest.fixture(scope="module")
def found() -> Contacts:
    return population("base", 8, customers=2000, months=2)


def test_what_is_not_said_changes_nothing_and_what_may_not_be_said_is_not(found: Contacts) -> None:
    margin, silence = found.reward["margin"], found.reward["margin"][:, policy_value.SILENCE]
    assert np.array_equal(margin[~found.may], np.broadcast_to(silence[:, None], margin.shape)[~found.may])
    assert (margin != silence[:, None]).any(axis=0).sum() > 20
    assert not found.reward["held"][~found.may].any()


def test_a_log_has_every_action_as_often_as_its_chance(found: Contacts) -> None:
    chance = logging(found)
    assert chance.sum(axis=1) == pytest.approx(np.ones(len(chance)))
    assert not chance[~found.may].any()
    rows, action, customer = a_log(found, chance, 30_000, 8)
    counted = np.bincount(action, minlength=chance.shape[1])
    expected = chance[rows].sum(axis=0)
    assert np.abs(counted - expected).max() < 5.0 * np.sqrt(expected.max())
    assert len(np.unique(customer)) < len(rows)


def test_the_best_alone_is_certain_and_softmax_is_not() -> None:
    may = np.array([[True, False, True]])
    assert chances(np.array([[1.0, 9.0, 2.0]]), may, 0.0, 0.0).tolist() == [[0.0, 0.0, 1.0]]
    assert chances(np.array([[1.0, 9.0, 1.0]]), may, 0.0, 1.0).tolist() == [[0.5, 0.0, 0.5]]
    assert chances(np.array([[1.0, 9.0, 2.0]]), may, 0.5, 0.0).tolist() == [[0.25, 0.0, 0.75]]


def test_estimates_that_pass_the_gates_are_near_the_truth(found: Contacts) -> None:
    done = trials(found, range(8, 11), 1, 8000)
    told = [one for one in done if one.value.found is not None]
    assert len(told) >= 3
    for one in told:
        assert one.value.found is not None
        for estimate in (one.value.found.dr, one.value.found.snips):
            assert abs(estimate.value - one.truth) <= 4.0 * estimate.error + 0.05 * abs(one.truth)


def test_a_policy_that_was_logged_never_is_refused(found: Contacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_value, "CONTACTS", 3000)
    assert policy_value.without_support(found, 8)
    assert a_policy(found, 8).sum(axis=1) == pytest.approx(np.ones(len(found.may)))


@pytest.mark.skipif(not (DATA / "bandit").is_dir(), reason=f"no public data in {DATA}; set BEHOUD_DATA")
def test_the_random_policy_of_open_bandit_is_not_estimable_from_the_other_ones_log() -> None:
    rows = {one["name"]: one for one in open_bandit()}
    unclipped = rows["open bandit: unclipped"]
    assert unclipped["value"] == pytest.approx(340.4, abs=0.1)
    assert unclipped["holds"] is True
    assert "not estimable: effective sample size" in unclipped["unit"]
    assert rows["open bandit: random, as it was played"]["value"] == pytest.approx(3.8)
    assert rows["open bandit: least propensity of the other"]["value"] == pytest.approx(45.0)
