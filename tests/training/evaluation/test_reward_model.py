"""The regression that foretells what a contact brings, against arithmetic and against another implementation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from training.evaluation.reward_model import PENALTIES, Rows, foretold, ridge


def some_rows(n: int = 600, seed: int = 4) -> Rows:
    dice = np.random.default_rng(seed)
    context, action = dice.normal(size=(n, 2)), dice.integers(0, 4, n)
    kind = np.array([0, 1, 1, 2])
    reward = (
        5.0 + context[:, 0] + np.array([0.0, 2.0, -1.0, 3.0])[action] + (kind[action] == 1) * context[:, 1]
    )
    return Rows(context, action, reward + 0.1 * dice.normal(size=n), kind)


def test_the_slopes_are_those_of_a_ridge_whose_penalty_has_the_best_cross_validation() -> None:
    dice = np.random.default_rng(2)
    X = dice.normal(size=(80, 5)) * [1.0, 10.0, 0.1, 1.0, 0.0]
    y = X @ [1.0, 0.0, 3.0, 0.0, 0.0] + dice.normal(size=80)
    level, slopes = ridge(X, y)
    Z = (X[:, :4] - X[:, :4].mean(axis=0)) / X[:, :4].std(axis=0)
    scores = []
    for penalty in PENALTIES:
        hat = Z @ np.linalg.inv(Z.T @ Z + penalty * np.eye(4)) @ Z.T + 1.0 / len(y)
        scores.append(float(((y - hat @ y) ** 2).sum() / (len(y) - np.trace(hat)) ** 2))
    known = Ridge(alpha=PENALTIES[int(np.argmin(scores))]).fit(Z, y)
    assert slopes[:4] * X[:, :4].std(axis=0) == pytest.approx(known.coef_)
    assert slopes[4] == 0.0  # what never varies
    assert level + X @ slopes == pytest.approx(known.predict(Z))


def test_what_is_there_is_foretold_for_every_action() -> None:
    rows = some_rows()
    found = foretold(rows, np.arange(len(rows.action)))
    truth = 5.0 + rows.context[:, :1] + np.array([0.0, 2.0, -1.0, 3.0])
    truth += (rows.kind == 1) * rows.context[:, 1:]
    assert np.abs(found - truth).max() < 0.25


def test_nobody_is_foretold_by_what_he_did_himself() -> None:
    rows = some_rows(200)
    customer = np.arange(200) // 2
    before = foretold(rows, customer)
    reward = rows.reward.copy()
    reward[:2] += 1000.0
    after = foretold(Rows(rows.context, rows.action, reward, rows.kind), customer)
    assert np.array_equal(before[:2], after[:2])
    assert np.abs(after[2:] - before[2:]).max() > 1.0
