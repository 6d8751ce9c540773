"""A penalised logistic regression, found from anywhere, in whatever coordinates it is searched for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from training.fit.binary import FREE, Binary
from training.fit.coordinates import coordinates, gram_of

DICE = np.random.default_rng(5)
N, HATS = 3_000, 8
PLACE = DICE.integers(0, HATS, (N, 2))
X = np.hstack([np.ones((N, 1)), np.eye(HATS)[PLACE[:, 0]], np.eye(HATS)[PLACE[:, 1]]])
Y = (DICE.random(N) < 0.03 * (1 + PLACE[:, 0])).astype(np.float64)
WEIGHT = np.where(Y == 0.0, 2.5, 1.0)
PENALTY = np.r_[FREE, np.full(2 * HATS, 5.0)]


def test_it_is_the_minimum_that_another_solver_finds_slowly() -> None:
    problem = Binary(csr_matrix(X), Y, WEIGHT)
    theta = problem.fit(PENALTY, problem.within(problem.gram(), PENALTY))
    other = LogisticRegression(C=0.2, tol=1e-10, max_iter=10_000).fit(X[:, 1:], Y, sample_weight=WEIGHT)
    assert theta[1:] == pytest.approx(other.coef_[0], abs=1e-3)
    assert X @ theta == pytest.approx(other.decision_function(X[:, 1:]), abs=1e-3)


def test_where_it_begins_and_how_the_design_is_stored_changes_nothing() -> None:
    dense, sparse = Binary(X, Y, WEIGHT), Binary(csr_matrix(X), Y, WEIGHT)
    within = dense.within(dense.gram(), PENALTY)
    far = DICE.normal(size=X.shape[1])
    assert dense.fit(PENALTY, within) == pytest.approx(sparse.fit(PENALTY, within, far), abs=2e-3)
    assert dense.gram() == pytest.approx(sparse.gram())


def test_in_its_coordinates_the_curvature_is_one_in_every_direction() -> None:
    gram, curvature = gram_of(X, WEIGHT), np.array([0.02, 0.2])
    within = coordinates(gram, PENALTY, curvature)
    for output, curve in enumerate(curvature):
        turned = within.turn * within.scale[:, output]
        assert turned.T @ (curve * gram + np.diag(PENALTY)) @ turned == pytest.approx(
            np.eye(len(gram)), abs=1e-6
        )


def test_a_point_and_its_weights_lead_to_each_other() -> None:
    within = coordinates(gram_of(X, WEIGHT), PENALTY, np.array([0.1, 0.2, 0.3]))
    weights = DICE.normal(size=(X.shape[1], 3))
    assert within.weights(within.point(weights)) == pytest.approx(weights, abs=1e-6)
