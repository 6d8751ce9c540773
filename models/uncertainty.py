"""How sure a value is: draws from the posteriors of what it is made of, and what they come to in euros.

Chances are drawn on the logit, hazard ratios on the logarithm. The draws are the same points in every decision, the first 256 of a
low-discrepancy sequence: a replay gives the same interval, and two actions are held against each other under the same luck. Where
chance chooses among actions each has luck of its own, by the seed of the contact.
"""

from __future__ import annotations

from hashlib import shake_128
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.value import present_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.value import Floats, Options, Outlook, Priced

DRAWS: Final = 256
LOW, HIGH = 0.1, 0.9
"""`low` and `high` are these quantiles: four times of five the value lies between them."""
DIMENSIONS: Final = 5
_NODE: Final = 3.0**0.5


def _points() -> Floats:
    """(DRAWS, DIMENSIONS) standard normals: u = 1/2 + i·(1/g, 1/g^2, ...) modulo 1 with g^6 = g + 1.

    Source: M. Roberts, The unreasonable effectiveness of quasirandom sequences (2018), the additive recurrence R_5.
    """
    root = 1.5
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (DIMENSIONS + 1))
    steps = root ** -np.arange(1.0, DIMENSIONS + 1)
    uniform = np.mod(0.5 + np.outer(np.arange(1.0, DRAWS + 1), steps), 1.0)
    return np.vectorize(NormalDist().inv_cdf)(uniform)  # type: ignore[no-any-return]  # an array of floats


class Luck(NamedTuple):
    """Standard normals, (DRAWS, 1) where all actions share them, else (DRAWS, N)."""

    p: Floats
    ratio: Floats
    leaving: Floats
    refused: Floats
    accepted: Floats


SAME: Final = Luck(*np.ascontiguousarray(_points().T)[:, :, None])
"""The same points for all actions, in every decision."""
_NORMALS: Final = np.array([NormalDist().inv_cdf((i + 0.5) / 4096) for i in range(4096)])


def luck_of(seed: int, names: Sequence[str]) -> Luck:
    """Of these actions in one contact: each has its own luck in being accepted, and the customer is one and the same.

    From SHAKE-128, the same on every machine and with every version of numpy; normals to a 4096th. What is drawn for an action
    does not depend on which others there are.
    """
    leaving, refused = _normals(f"{seed}", 2)
    own = np.stack([_normals(f"{seed} {name}", 3) for name in names], axis=-1)
    return Luck(own[0], own[1], leaving[:, None], refused[:, None], own[2])


def _normals(about: str, n: int) -> Floats:
    """(n, DRAWS)."""
    bits = np.frombuffer(shake_128(about.encode()).digest(2 * n * DRAWS), dtype="<u2")
    drawn: Floats = _NORMALS[bits >> 4].reshape(n, DRAWS)
    return drawn


class Spread(NamedTuple):
    """Standard errors of N actions, (N,) each; 0 is certain.

    Attributes:
        p: of the logit of p below its ceiling `keep`, the share of acceptances that hold.
        keep: that ceiling, 0 < keep <= 1.
        ratio: of ln hazard_ratio.
        wake: of W, euros.
        leaving: of the logit of q0; q1 and rho move with it. One figure.
        refused: of what a refusal adds to that logit.
        accepted: of what accepting this action adds to it.
    """

    p: Floats
    keep: Floats
    ratio: Floats
    wake: Floats
    leaving: float
    refused: Floats
    accepted: Floats

    def take(self, places: list[int]) -> Spread:
        """Of the actions at these places."""
        p, keep, ratio, wake, leaving, refused, accepted = self
        return Spread(
            p[places], keep[places], ratio[places], wake[places], leaving, refused[places], accepted[places]
        )


def eiv_draws(
    outlook: Outlook, options: Options[Floats], priced: Priced[Floats], spread: Spread, luck: Luck = SAME
) -> Floats:
    """The expected incremental value in each draw, (DRAWS, N) euros; the formula is that of `models.value.price`."""
    p = spread.keep * _on_logit(options.p / spread.keep, spread.p * luck.p)
    rise = _rise(outlook, options, priced, spread.ratio, luck.ratio)
    wake = luck.leaving  # who wishes to leave is awake: the two never come together
    q0: Floats | float = 0.0
    q1, rho = options.q1, options.rho
    if outlook.q0 > 0.0:
        q0 = _on_logit(np.array([outlook.q0]), spread.leaving * luck.leaving)
        q1 = _on_logit(options.q1, spread.leaving * luck.leaving + spread.refused * luck.refused)
        rho = _on_logit(options.rho, spread.leaving * luck.leaving + spread.accepted * luck.accepted)
    accepts = (1.0 - rho) * (priced.V0 + rise) - options.cost
    refuses = (1.0 - q1) * priced.V0 - options.wake
    nothing = (1.0 - q0) * priced.V0 + options.organic * priced.k * rise
    said = options.contact_cost + spread.wake * wake  # who is asked is woken whatever he answers
    value: Floats = p * accepts + (1.0 - p) * refuses - nothing - said
    return value


def interval(draws: Floats) -> tuple[Floats, Floats]:
    """`low` and `high` of each action, (N,) each."""
    ordered = np.sort(draws, axis=0)
    return ordered[round(LOW * DRAWS)], ordered[round(HIGH * DRAWS) - 1]


def sureness(draws: Floats) -> Floats:
    """P(EIV > 0) of each action, (N,)."""
    return np.asarray((draws > 0.0).mean(axis=0))


def _on_logit(chance: Floats, shift: Floats) -> Floats:
    """Chances (N,) moved by `shift` (DRAWS, N) on the logit; 0 and 1 stay."""
    odds = np.exp(shift)
    return np.asarray(chance * odds / (1.0 + chance * (odds - 1.0)))


def _rise(
    outlook: Outlook, options: Options[Floats], priced: Priced[Floats], error: Floats, luck: Floats
) -> Floats:
    """V1 - V0, (DRAWS, N): where the hazard ratio is uncertain the parabola through its median and sqrt(3) errors about it.

    Those are the nodes of three-point Gauss-Hermite quadrature, and V1 hardly bends between them.
    """
    middle = priced.M + priced.L
    if not error.any():
        return middle
    up, down = (
        _rise_at(outlook, options, priced, options.hazard_ratio * np.exp(side * error))
        for side in (_NODE, -_NODE)
    )
    slope, bend = (up - down) / (2.0 * _NODE), (up + down - 2.0 * middle) / 6.0
    return np.asarray(middle + slope * luck + bend * luck**2)


def _rise_at(outlook: Outlook, options: Options[Floats], priced: Priced[Floats], ratio: Floats) -> Floats:
    hazard = np.minimum(outlook.hazard * ratio[:, None], 1.0)
    weights = present_weights(hazard, outlook.yearly_discount, outlook.other)
    value: Floats = np.einsum("nh,nh->n", outlook.margin + options.margin_change, weights) - priced.V0
    return value
