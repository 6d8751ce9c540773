"""When something changed last: Bayesian averaging over the days since (Adams and MacKay 2007, "Bayesian online changepoint detection").

Changes are thought to come at the rate at which answers are forgotten: the chance that nothing has changed for so many days is the weight of an answer as old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from training.learning.asks import HALF_LIFE

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.learning.nested import Posterior

DOUBLED = tuple(2**n for n in range(9))
"""Days since a change to begin with, up to what is remembered: the right one is at most a factor of two away."""


class Story(NamedTuple):
    """Something changed `window` days ago, or nothing has (0): how likely, and what the counts say then."""

    window: int
    chance: float
    posterior: Posterior


def stories(fit: Callable[[int], Posterior], newest: int, oldest: int) -> list[Story]:
    """Of counts from `newest` to `oldest` days old.

    Around the likeliest day the days are halved until its neighbours are looked at too: answers from before a change that pass for later ones mislead.
    """
    looked: dict[int, Posterior] = {}
    new = [0, *(days for days in DOUBLED if newest < days <= oldest)]
    while new:
        looked |= {days: fit(days) for days in new}
        told = _weighed(looked)
        likeliest = max(range(len(told)), key=lambda n: told[n].chance)
        days = [*(story.window for story in told), oldest]
        best, near = days[likeliest], days[max(likeliest - 1, 0) : likeliest + 2]
        halves = sorted({(best + other) // 2 for other in near} - set(looked))
        new = [half for half in halves if best and newest < half]
    return told


def _weighed(looked: dict[int, Posterior]) -> list[Story]:
    """A window stands for the days from the one before it on."""
    windows = sorted(looked)
    left = 0.5 ** (np.array(windows) / HALF_LIFE)
    prior = np.append(left[-1], left[:-1] - left[1:])
    height = np.log(prior) + [looked[days].evidence for days in windows]
    chance = np.exp(height - height.max())
    chance /= chance.sum()
    return [Story(days, float(c), looked[days]) for days, c in zip(windows, chance, strict=True)]
