"""Logistic regression with effects that belong to one action and effects that actions share, each shrunk by a spread that the data say (empirical Bayes).

    logit P(y) = offset + own effects of the action + shared effects,        each effect ~ N(0, spread of its group ^2)

As in `training.fit.hierarchy` the posterior is taken as normal at its mode (Laplace), and the spreads are found by EM. But actions meet only in what they
share, so they are eliminated one by one: the work grows with the number of actions and not with its cube.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from models.features import Floats
    from training.learning.design import Design

ENOUGH = 1e-3
"""Logits: a step of Newton's method below it is the last; the next would be about its square."""
WEIGHT = 1.0
"""How many effects the guess at a spread stands for."""


@dataclass(frozen=True)
class Curvature:
    """Of the log-posterior, inverted; `log_det` is of the curvature itself.

    `inverse` (a, o, o) of each action's own part, `pull` (a, o, g) how its effects follow the shared ones, `common` (g, g) the covariance of those.
    """

    inverse: Floats
    pull: Floats
    common: Floats
    log_det: float

    def solve(self, own: Floats, shared: Floats) -> tuple[Floats, Floats]:
        """Newton's step where this is the gradient."""
        together = self.common @ (shared - np.einsum("alg,al->g", self.pull, own))
        return np.einsum("alk,ak->al", self.inverse, own) - self.pull @ together, together

    def variances(self) -> tuple[Floats, Floats]:
        """(a, o) and (g,) of the effects."""
        own = np.einsum("all->al", self.inverse) + np.einsum(
            "alg,alg->al", self.pull @ self.common, self.pull
        )
        return own, np.diag(self.common)

    def variance(self, action: int, own: Floats, shared: Floats) -> float:
        """Of a sum of effects: an action's own, weighted by (o,), and shared ones, by (g,)."""
        together = shared - self.pull[action].T @ own
        return float(own @ self.inverse[action] @ own + together @ self.common @ together)


@dataclass(frozen=True)
class Mode:
    """The most likely own (a, o) and shared (g,) effects, the log of their posterior but for a constant, and the curvature there."""

    own: Floats
    shared: Floats
    height: float
    curvature: Curvature


@dataclass(frozen=True)
class Posterior:
    """`spreads` by group; `evidence`: log of the marginal likelihood under them, by Laplace's approximation, but for a constant of the counts."""

    mode: Mode
    spreads: Floats
    evidence: float


def fit(design: Design, guess: float, rounds: int) -> Posterior:
    """`guess`: what every spread is before the data; so many rounds of EM."""
    own_groups, shared_groups = design.own_groups, design.shared_groups
    a, groups = design.actions, int(max(own_groups.max(), shared_groups.max())) + 1
    names = np.concatenate([np.tile(own_groups, a), shared_groups])
    heard = np.concatenate([part.ravel() for part in design.summed(design.asked)]) > 0
    number = np.bincount(names[heard], minlength=groups)
    spreads, own, shared = (
        np.full(groups, guess),
        np.zeros((a, len(own_groups))),
        np.zeros(len(shared_groups)),
    )
    for _ in range(rounds):
        mode = _mode(design, spreads, own, shared)
        own, shared = mode.own, mode.shared
        shrunk = -2.0 * float(np.log(spreads[names]).sum())
        found = Posterior(mode, spreads, mode.height + 0.5 * (shrunk - mode.curvature.log_det))
        squares = np.concatenate([part.ravel() for part in mode.curvature.variances()])
        squares += np.concatenate([own.ravel(), shared]) ** 2
        total = np.bincount(names[heard], squares[heard], groups)
        spreads = np.sqrt((total + WEIGHT * guess**2) / (number + WEIGHT))
    return found


def _mode(design: Design, spreads: Floats, own: Floats, shared: Floats) -> Mode:
    """Newton's method from a start, a step halved until it climbs: far from the mode a whole one may leap over it."""
    prior = spreads[design.own_groups] ** -2, spreads[design.shared_groups] ** -2
    height, longest = _height(design, prior, own, shared), np.inf
    while longest >= ENOUGH:
        p = expit(design.total(own, shared))
        curvature = _curvature(design, prior, design.asked * p * (1.0 - p))
        mine, common = design.summed(design.yes - design.asked * p)
        step, joint = curvature.solve(mine - prior[0] * own, common - prior[1] * shared)
        longest = max(np.abs(step).max(), np.abs(joint).max())
        part = 2.0 / max(longest, 2.0)
        reached = _height(design, prior, own + part * step, shared + part * joint)
        while reached < height and part * longest >= ENOUGH:
            part /= 2.0
            reached = _height(design, prior, own + part * step, shared + part * joint)
        own, shared, height, longest = own + part * step, shared + part * joint, reached, part * longest
    return Mode(own, shared, height, curvature)


def _curvature(design: Design, prior: tuple[Floats, Floats], weight: Floats) -> Curvature:
    own, between, shared = design.squared(weight)
    own = own + np.diag(prior[0])
    inverse: Floats = np.linalg.inv(own).astype(np.float64)
    pull = inverse @ between
    left = shared + np.diag(prior[1]) - np.einsum("alg,alh->gh", between, pull)
    log_det = float(np.linalg.slogdet(own)[1].sum() + np.linalg.slogdet(left)[1])
    return Curvature(inverse, pull, np.linalg.inv(left).astype(np.float64), log_det)


def _height(design: Design, prior: tuple[Floats, Floats], own: Floats, shared: Floats) -> float:
    logits = design.total(own, shared)
    told = design.yes @ logits - design.asked @ np.logaddexp(0.0, logits)
    return float(told - 0.5 * (own**2 @ prior[0]).sum() - 0.5 * prior[1] @ shared**2)
