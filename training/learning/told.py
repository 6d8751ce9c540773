"""What one fit says of every action, of a new action of every family, and of a new family of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.learned import Correction, in_kind
from training.learning.asks import ACTION, ACTION_ERA, CHANNEL, FAMILY

if TYPE_CHECKING:
    from models.features import Floats
    from training.learning.asks import Asks
    from training.learning.nested import Posterior

FAR = 10.0
"""Logits: as far as a snapshot goes."""


class Corrections(NamedTuple):
    """The parts of a snapshot."""

    corrections: dict[str, Correction]
    families: dict[str, Correction]
    kinds: dict[str, Correction]


@dataclass(frozen=True)
class Told:
    """`changed`: the fit knows two eras, and what is told is of the later one."""

    asks: Asks
    posterior: Posterior
    changed: bool

    def all(self) -> Corrections:
        """Every action that was asked, and what it leaves to others."""
        asks, spreads = self.asks, self.posterior.spreads
        whose = dict(zip(asks.action.tolist(), asks.shared.tolist(), strict=True))
        new = (ACTION, CHANNEL, ACTION_ERA) if self.changed else (ACTION, CHANNEL)
        more = float((spreads[list(new)] ** 2).sum())
        return Corrections(
            {name: self._of_action(n, *whose[n]) for n, name in enumerate(asks.actions)},
            {
                in_kind(kind, family): self._of_none(more, asks.kinds.index(kind), len(asks.kinds) + n)
                for n, (kind, family) in enumerate(asks.families)
            },
            {name: self._of_none(more + spreads[FAMILY] ** 2, n) for n, name in enumerate(asks.kinds)},
        )

    def _of_action(self, action: int, kind: int, family: int) -> Correction:
        """The error is that of the average of those who were asked."""
        mode, usual, shared = self.posterior.mode, self.asks.usual[action], self._shared(kind, family)
        own = np.zeros(mode.own.shape[1])
        own[[0, -1] if self.changed else 0] = 1.0
        mean = float(own @ mode.own[action] + shared @ mode.shared)
        own[: len(usual)] = usual
        parts = {
            name: held(float(mode.own[action, n]))
            for n, name in enumerate([*self.asks.channels, *self.asks.motives], 1)
            if usual[n] > 0
        }
        return Correction(
            mean=held(mean),
            error=held(np.sqrt(mode.curvature.variance(action, own, shared))),
            by_channel={name: parts[name] for name in self.asks.channels if name in parts},
            by_motive={name: parts[name] for name in self.asks.motives if name in parts},
        )

    def _of_none(self, more: float, *places: int) -> Correction:
        """Of shared effects alone, with a variance of `more` on top."""
        mode, shared = self.posterior.mode, self._shared(*places)
        variance = float(shared @ mode.curvature.common @ shared) + more
        return Correction(mean=held(float(shared @ mode.shared)), error=held(np.sqrt(variance)))

    def _shared(self, kind: int, *family: int) -> Floats:
        shared = np.zeros(len(self.posterior.mode.shared))
        shared[[kind, *family]] = 1.0
        if self.changed:
            shared[kind - len(self.asks.kinds)] = 1.0
        return shared


def held(logit: float) -> float:
    """Within what a snapshot may say."""
    return float(np.clip(logit, -FAR, FAR))
