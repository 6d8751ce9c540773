"""What a policy would have earned, from what another one did at random: IPS, SNIPS, DM and the cross-fitted DR, or that it cannot be told.

With the logged action a of a contact, the probability pi it was drawn with, the probability e(a) with which the policy would have
taken it, w = e(a) / pi, the reward r and its prediction q by action (Dudik, Erhan, Langford and Li, 2014; Swaminathan and Joachims, 2015):

    IPS = mean(w·r)      SNIPS = sum(w·r) / sum(w)      DM = mean( sum over a of e(a)·q(a) )      DR = DM + mean( w·(r - q(a_logged)) )

Intervals draw customers again, with all their contacts: who calls twice has not been asked twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.budget import NOTHING
from training.evaluation.bootstrap import ratios
from training.evaluation.estimable import Gate, Weights, gates_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from models.budget import Plan
    from models.features import Floats

    Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Logged:
    """n contacts: (n,) `action` taken, column of the tables of policies; its `propensity`, above 0; `reward`, euros (or any other sum).

    `customer`: a number of his own for each customer; without, nobody has two contacts. `later`: what the policy's choices in the later
    turns of the contact are to those logged, as a product of e/pi; without, the first turn alone is judged.
    """

    action: Indices
    propensity: Floats
    reward: Floats
    customer: Indices | None = None
    later: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse propensities that are no probabilities (ValueError): a policy that never took an action says nothing of it."""
        if not ((self.propensity > 0.0) & (self.propensity <= 1.0)).all():
            raise ValueError("policy value: every logged propensity must lie above 0 and not above 1")

    @property
    def customer_or_own(self) -> Indices:
        """(n,) whose contact it is."""
        return np.arange(len(self.action)) if self.customer is None else self.customer

    @property
    def later_or_ones(self) -> Floats:
        """(n,) the ratio of the later turns."""
        return np.ones(len(self.action)) if self.later is None else self.later


@dataclass(frozen=True)
class Estimate:
    """The mean a contact, its 95 % interval, and its standard error."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True)
class Estimates:
    """Of one policy. `gain`: DR less what was logged, in pairs."""

    ips: Estimate
    snips: Estimate
    dm: Estimate
    dr: Estimate
    gain: Estimate


@dataclass(frozen=True)
class PolicyValue:
    """`logged`: what was earned. `found` is None where a gate says that it is not estimable; `weights`: what the gates looked at."""

    logged: Estimate
    found: Estimates | None
    weights: Weights
    gates: tuple[Gate, ...]

    @property
    def failed(self) -> tuple[Gate, ...]:
        """The gates that say that it cannot be told."""
        return tuple(gate for gate in self.gates if not gate.holds)


def policy_value(
    logged: Logged,
    policy: Floats,
    predicted: Floats,
    *,
    lost: Floats | None = None,
    clip: float | None = None,
    seed: int = 0,
) -> PolicyValue:
    """The mean reward a contact had the policy decided.

    `policy` (n, actions): the probability of each action, rows that add up to 1. `predicted` (n, actions): rewards as models that did not
    see the customer foretell them, from `crossed`. `lost` (n,): the share of the policy's choices that could not be drawn here, where that
    is known. `clip`: weights above it count as much as it: less noise, and a bias towards what q says.
    """
    weight = policy[np.arange(len(logged.action)), logged.action] / logged.propensity * logged.later_or_ones
    weights = Weights.of(weight, logged.customer_or_own, lost, clip)
    gates = gates_of(weights)
    was, found = estimated(logged, policy, predicted, clip=clip, seed=seed)
    return PolicyValue(was, found if all(gate.holds for gate in gates) else None, weights, gates)


def estimated(
    logged: Logged, policy: Floats, predicted: Floats, *, clip: float | None = None, seed: int = 0
) -> tuple[Estimate, Estimates]:
    """What was logged and every estimate, whatever the gates say: for who shows why there are gates."""
    every = np.arange(len(logged.action))
    first = policy[every, logged.action] / logged.propensity
    weight = first * logged.later_or_ones
    if clip is not None:
        first, weight = np.minimum(first, clip), np.minimum(weight, clip)
    told, reward = (policy * predicted).sum(axis=1), logged.reward
    robust = told + weight * reward - first * predicted[every, logged.action]
    above = np.column_stack([reward, weight * reward, weight * reward, told, robust, robust - reward])
    below = np.ones_like(above)
    below[:, 2] = weight
    values, draws = ratios(above, below, logged.customer_or_own, seed)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    columns = zip(
        values.tolist(), low.tolist(), high.tolist(), draws.std(axis=0, ddof=1).tolist(), strict=True
    )
    was, *found = [Estimate(*column) for column in columns]
    return was, Estimates(*found)


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
