"""Pega-style arbitration, as its documentation and users describe it.

    priority = draw x value x (1 + sum of context weights/100) x (1 + sum of levers/100),      draw ~ Beta(1 + p·n, 1 + (1 - p)·n)

p: propensity of the adaptive model of the action in the channel, n: the responses it has seen. The draw is seeded by customer, month and action, so that
a contact gets one answer. Models learn every month from all that was spoken so far; accepted is positive. Value: the first year's margin of a sale,
discount, cost and what it replaces taken off; of a save the margin of all that is held for a year, discount and cost taken off; of a repair a round 20
euros. Saves apply to who calls to cancel alone, and there weigh half as much again, as repairs do where the contact is technical. No levers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv

from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import CANCEL, TECHNICAL, Contacts
from training.simulator.laboratory.desk import Desk, Policy, Proposals
from training.simulator.laboratory.luck import Floats, Ints, Kind, luck_of
from training.simulator.laboratory.people import CHANNELS
from training.simulator.laboratory.play import Play
from training.worlds.adaptive import Adaptive, learned
from training.worlds.binning import binning_of
from training.worlds.entrant import Entrant
from training.worlds.prices import sale_values, save_values
from training.worlds.ranking import best
from training.worlds.responses import responses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.simulator.laboratory.records import Seen

REPAIR = 20.0
"""Euros: what an accepted repair counts for."""
WEIGHT = 50.0
"""Percent, of an action in the context it is for."""
LEVER = 0.0
"""Percent."""


class Pega:
    """Keeps the models, an action and channel each."""

    def __init__(self, past: Sequence[Seen], seed: int) -> None:
        self._seed = seed
        self._binning = binning_of(past)

    def propose(self, desk: Desk) -> Proposals:
        """The highest priorities among what is eligible and applies."""
        models, contacts = self._models(desk.past), desk.contacts
        cells = self._binning.cells(desk.facts, desk.held, contacts.intent, contacts.motive)
        p, n = np.zeros(desk.eligible.shape), np.zeros(desk.eligible.shape)
        for (deed, channel), model in models.items():
            here = contacts.channel == channel
            p[here, deed], n[here, deed] = model.propensity(cells[here]), model.evidence
        uniform = luck_of(self._seed, desk.customer).uniform(Kind.POLICY, desk.month, len(deeds.DEEDS))
        score = priority(drawn(p, n, uniform), values(desk), context_weights(contacts), LEVER)
        applies = ~deeds.SAVE | (contacts.intent == CANCEL)[:, None]
        return best(score, desk.eligible & applies)

    def _models(self, past: Sequence[Seen]) -> dict[tuple[int, int], Adaptive]:
        found, bins = responses(past), self._binning.bins
        cells = self._binning.cells(found.facts, found.held, found.intent, found.motive)
        keys = ((deed, channel) for deed in range(len(deeds.DEEDS)) for channel in range(len(CHANNELS)))
        rows = {key: np.flatnonzero((found.deed == key[0]) & (found.channel == key[1])) for key in keys}
        return {key: learned(cells[row], found.accepted[row], bins) for key, row in rows.items()}


def drawn(p: Floats, n: Floats, uniform: Floats) -> Floats:
    """The quantile of Beta(1 + p·n, 1 + (1 - p)·n) that a uniform number between 0 and 1 asks for."""
    return np.asarray(betaincinv(1.0 + p * n, 1.0 + (1.0 - p) * n, uniform))


def priority(draw: Floats, value: Floats, weight: Floats | float, lever: Floats | float) -> Floats:
    """Weights and levers in percent, sums of what applies."""
    return np.asarray(draw * value * (1.0 + weight / 100.0) * (1.0 + lever / 100.0))


def values(desk: Desk) -> Floats:
    """(m, deeds) euros."""
    return np.asarray(sale_values(desk.held) + save_values(desk.held) + REPAIR * deeds.SERVICE)


def context_weights(contacts: Contacts) -> Floats:
    """(m, deeds) percent."""
    intent: Ints = contacts.intent[:, None]
    fits = (deeds.SAVE & (intent == CANCEL)) | (deeds.SERVICE & (intent == TECHNICAL))
    return np.asarray(WEIGHT * fits)


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """The bins are made from history; the models learn as it goes."""
    return Pega(play.seen, seed)


ENTRANT = Entrant("pega", "adaptive models, a Beta draw x value x context weights x levers", make)
