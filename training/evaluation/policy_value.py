"""What a policy would have earned, from what another one did at random: IPS, SNIPS and the cross-fitted DR, or that it cannot be told.

With the logged action a of a contact, the probability pi it was drawn with, the probability e(a) with which the policy would have
taken it, w = e(a) / pi, the reward r and its prediction q by action:

    IPS = mean(w·r)        SNIPS = sum(w·r) / sum(w)        DR = mean( sum over a of e(a)·q(a)  +  w·(r - q(a_logged)) )
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.budget import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from models.budget import Plan
    from models.features import Floats

    Indices = npt.NDArray[np.intp]

FEWEST: Final = 500
LEAST_SHARE: Final = 0.02
MEAN_WEIGHT: Final = (0.95, 1.05)
NORMAL_95: Final = 1.959964


@dataclass(frozen=True)
class Logged:
    """n contacts: (n,) `action` taken, column of the tables of policies; its `propensity`, above 0; `reward`, euros (or any other sum)."""

    action: Indices
    propensity: Floats
    reward: Floats

    def __post_init__(self) -> None:
        """Refuse propensities that are no probabilities (ValueError): a policy that never took an action says nothing of it."""
        if not ((self.propensity > 0.0) & (self.propensity <= 1.0)).all():
            raise ValueError("policy value: every logged propensity must lie above 0 and not above 1")


@dataclass(frozen=True)
class Estimate:
    """The mean a contact, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PolicyValue:
    """The estimates, None where they are not estimable, and why. `effective`: (sum w)^2 / sum w^2, contacts that the weights are worth."""

    ips: Estimate | None
    snips: Estimate | None
    dr: Estimate | None
    effective: float
    mean_weight: float
    reason: str | None = None


def policy_value(logged: Logged, policy: Floats, predicted: Floats) -> PolicyValue:
    """The mean reward a contact had the policy decided.

    `policy` (n, actions): the probability of each action, rows that add up to 1. `predicted` (n, actions): rewards as models that did not
    see the contact foretell them, from `crossed`.
    """
    every = np.arange(len(logged.action))
    weight = policy[every, logged.action] / logged.propensity
    effective = float(weight.sum() ** 2 / max(float((weight**2).sum()), 1e-300))
    mean = float(weight.mean())
    reason = _not_estimable(len(every), effective, mean)
    if reason is not None:
        return PolicyValue(None, None, None, effective, mean, reason)
    snips = float(weight @ logged.reward / weight.sum())
    told = (policy * predicted).sum(axis=1)
    residual = logged.reward - predicted[every, logged.action]
    return PolicyValue(
        ips=_estimate(weight * logged.reward),
        snips=_estimate(snips + weight * (logged.reward - snips) / mean),
        dr=_estimate(told + weight * residual),
        effective=effective,
        mean_weight=mean,
    )


def crossed(folds: npt.NDArray[np.intp], fit: Callable[[Indices, Indices], Floats], actions: int) -> Floats:
    """(n, actions) rewards foretold for each fold by what was fitted on the others; `fit(train, test)` gives (test, actions)."""
    found = np.empty((len(folds), actions))
    for fold in np.unique(folds):
        test = np.flatnonzero(folds == fold)
        found[test] = fit(np.flatnonzero(folds != fold), test)
    return found


def as_policy(plan: Plan, alternatives: int) -> Floats:
    """(n, alternatives + 1): a plan within a budget as certain choices; the last column is to do nothing."""
    place = np.where(plan.chosen == NOTHING, alternatives, plan.chosen)
    return np.eye(alternatives + 1)[place]


def _not_estimable(n: int, effective: float, mean: float) -> str | None:
    needed = max(FEWEST, LEAST_SHARE * n)
    if effective < needed:
        return f"not estimable: the weights are worth {effective:.0f} contacts, {needed:.0f} are needed"
    if not MEAN_WEIGHT[0] <= mean <= MEAN_WEIGHT[1]:
        return f"not estimable: the mean weight is {mean:.3f} and should be 1: the logged propensities are not those it was drawn with"
    return None


def _estimate(terms: Floats) -> Estimate:
    value = float(terms.mean())
    half = NORMAL_95 * float(terms.std(ddof=1)) / float(np.sqrt(len(terms)))
    return Estimate(value, value - half, value + half)
