"""From counts to corrections: a Bayesian logistic regression on top of the odds each decision thought of, shrunk level by level, before and since a change.

    logit P(yes that stands) = thought + kind + family + action + action x channel + action x motive
                               + kind in its era + action in its era,                         each group ~ N(0, its spread^2)

There are two eras if something changed, and what is of both is an effect next to what is of one: how much of what was learned before still holds is for the
counts to say, from all of it to nothing, as with every spread (empirical Bayes). When it changed, if at all, nobody says: what is told is the average over
the days (`training.learning.changepoint`). The same counts give the same corrections to the bit, in whatever order they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.learned import Correction
from training.learning import nested
from training.learning.asks import asks
from training.learning.changepoint import stories
from training.learning.told import Corrections, Told, held

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.features import Floats
    from training.learning.tally import Cell, Count

GUESS = 0.5
"""Logits; what a spread is thought to be while little is seen: two of three actions within a factor of 1.6 of what was thought of their odds."""
ROUNDS = 10
"""Of looking for the spreads: after so many they move by less than they are known, and an answer is waited for."""
DECIMALS = 3
"""A thousandth of a logit is at most a four-thousandth of a chance: no new snapshot for less."""


def corrections(counts: Mapping[Cell, Count], today: int, taught: int = 0) -> Corrections:
    """What counts teach on a day; those of decisions up to the day `taught` are in the bundle already."""
    cells = [(cell, count) for cell, count in sorted(counts.items()) if cell.day > taught]
    if not cells:
        return Corrections({}, {}, {})
    asked = asks(cells, today, priced=taught > 0)
    found = stories(
        lambda window: nested.fit(asked.design(window), GUESS, ROUNDS),
        int(asked.age.min()),
        int(asked.age.max()),
    )
    told = [Told(asked, story.posterior, story.window > 0).all() for story in found]
    chances = np.array([story.chance for story in found])
    return Corrections(*(_averaged(parts, chances) for parts in zip(*told, strict=True)))


def _averaged(parts: Sequence[Mapping[str, Correction]], chances: Floats) -> dict[str, Correction]:
    return {name: _average([part[name] for part in parts], chances) for name in parts[0]}


def _average(told: Sequence[Correction], chances: Floats) -> Correction:
    """Mean and standard error of a mixture: where the stories differ, that is unsure too."""
    means, errors = (np.array([getattr(one, name) for one in told]) for name in ("mean", "error"))
    mean = float(chances @ means)
    error = float(np.sqrt(chances @ (errors**2 + (means - mean) ** 2)))
    channels, motives = (
        {part: _rounded(float(chances @ [some[part] for some in shifts])) for part in shifts[0]}
        for shifts in ([one.by_channel for one in told], [one.by_motive for one in told])
    )
    return Correction(mean=_rounded(mean), error=_rounded(error), by_channel=channels, by_motive=motives)


def _rounded(value: float) -> float:
    return round(held(value), DECIMALS) + 0.0
