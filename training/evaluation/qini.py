"""The Qini curve: how much more happens when customers are treated in the order of a score rather than in any order.

Of a trial that drew who is treated, the customers in descending order of the score, the first i of n targeted:

    Q(i) = [Y_t(i) - Y_c(i)·N_t(i)/N_c(i)] / N_t(n)

with Y the outcomes summed and N the numbers, among the treated (t) and untreated (c) of the first i: the outcomes a treatment added
among those targeted, a customer of the whole. A term without an untreated customer is Y_t(i) alone. Customers with the same score are
targeted together; the curve is straight in between. Source: Radcliffe, "Using control groups to target on predicted lift" (2007), his
count divided by N_t(n), against the share of all customers, i/n.

The coefficient is the area between the curve and the straight line from 0 to Q(n), which is what targeting at random gives: not divided
by the area of a best curve, so 0 is chance and its unit is that of the outcome: the mean gain over all shares targeted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from training.evaluation.bootstrap import DRAWS, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Floats
    from training.fit.examples import Flags, Indices


class Trial(NamedTuple):
    """Customers of a trial, (n,) each: whether treated, and the outcome."""

    treated: Flags
    outcome: Floats

    def take(self, rows: Indices) -> Trial:
        """These customers only."""
        return Trial(self.treated[rows], self.outcome[rows])


def curve(trial: Trial, score: Floats) -> tuple[Floats, Floats]:
    """(shares targeted, Q), from (0, 0) to (1, Q(n)), a point for each distinct score."""
    return _curve(trial, *_ordered(score), np.ones(len(score)))


def coefficient(trial: Trial, score: Floats) -> float:
    """The area between the curve and targeting at random."""
    return _area(*curve(trial, score))


class Held(NamedTuple):
    """Customers of the trial that a model was not fitted on: their rows (m,), and its score of them (m,)."""

    rows: Indices
    score: Floats


def judged(
    trial: Trial, orders: Mapping[str, Sequence[Held]], seed: int, draws: int = DRAWS
) -> dict[str, tuple[Interval, Floats]]:
    """For each order the mean coefficient of its parts with a 95 % interval, and (draws,) that mean when customers are drawn again.

    A customer in several parts is drawn with all of them, and all orders see the same draws: their differences are paired.
    """
    ready = {
        name: [(held.rows, trial.take(held.rows), _ordered(held.score)) for held in parts]
        for name, parts in orders.items()
    }

    def mean(name: str, times: Floats) -> float:
        areas = [_area(*_curve(some, *order, times[rows])) for rows, some, order in ready[name]]
        return float(np.mean(areas))

    n = len(trial.outcome)
    generator = np.random.default_rng(seed)
    found: dict[str, Floats] = {name: np.empty(draws) for name in orders}
    for draw in range(draws):
        times = np.bincount(generator.integers(0, n, n), minlength=n).astype(np.float64)
        for name, drawn in found.items():
            drawn[draw] = mean(name, times)
    return {name: (interval(mean(name, np.ones(n)), drawn), drawn) for name, drawn in found.items()}


def interval(value: float, drawn: Floats) -> Interval:
    """The value and the middle 95 % of what was drawn."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def _ordered(score: Floats) -> tuple[Indices, Indices]:
    """The customers in descending order of the score, and the last place of each distinct score in it."""
    order = np.argsort(-score, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)


def _curve(trial: Trial, order: Indices, ends: Indices, times: Floats) -> tuple[Floats, Floats]:
    """The curve of customers each of whom is there `times` (n,) times."""
    weight, treated, outcome = times[order], trial.treated[order], trial.outcome[order]

    def sums(values: Floats) -> Floats:
        return np.asarray(np.cumsum(values)[ends])

    n_t, n_c = sums(weight * treated), sums(weight * ~treated)
    y_t, y_c = sums(weight * treated * outcome), sums(weight * ~treated * outcome)
    ratio = np.divide(n_t, n_c, out=np.zeros_like(n_t), where=n_c > 0)
    share = (n_t + n_c) / weight.sum()
    return np.append(0.0, share), np.append(0.0, (y_t - y_c * ratio) / n_t[-1])


def _area(share: Floats, gain: Floats) -> float:
    above = gain - share * gain[-1]
    return float(np.sum(np.diff(share) * (above[1:] + above[:-1])) / 2.0)
