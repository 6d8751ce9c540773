"""Who the customers are: a segment, needs nobody sees, a household, an address with good or bad lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Floats

    Flags = npt.NDArray[np.bool_]
    Indices = npt.NDArray[np.intp]

NEEDS = ("data", "home", "screen", "care", "abroad", "thrift")
"""Latent dimensions, each about standard normal over all customers."""

SEGMENTS: dict[str, tuple[float, tuple[float, ...], float]] = {
    "student": (0.20, (0.9, -0.8, 0.2, -0.6, 0.4, 0.8), 1.3),
    "family": (0.35, (0.1, 0.9, 0.5, 0.4, -0.2, 0.1), 3.6),
    "senior": (0.25, (-0.9, 0.1, 0.3, 0.5, -0.3, 0.0), 1.6),
    "professional": (0.20, (0.5, 0.2, -0.6, 0.1, 0.6, -0.8), 1.9),
}
"""Share of customers, mean needs, mean size of the household."""

LONGEST_TENURE = 120
NEWCOMERS = 0.2


@dataclass(frozen=True)
class People:
    """N customers. `needs` (N, len(NEEDS)); `quality` of the lines in 0..1; `arrival` in months from the first simulated one."""

    segment: Indices
    needs: Floats
    household: Indices
    quality: Floats
    talkative: Floats
    fiber_available: Flags
    competitor_fiber: Flags
    vulnerable: Flags
    direct_debit: Flags
    arrival: Indices

    def __len__(self) -> int:
        """N."""
        return len(self.arrival)

    def need(self, name: str) -> Floats:
        """One latent dimension, (N,)."""
        return self.needs[:, NEEDS.index(name)]


def draw_people(n: int, months: int, rng: np.random.Generator) -> People:
    """`n` customers; a fifth of them arrive during the `months` that are simulated, the others long before."""
    shares, means, sizes = (np.array(part) for part in zip(*SEGMENTS.values(), strict=True))
    segment = rng.choice(len(shares), n, p=shares)
    needs = means[segment] + 0.8 * rng.standard_normal((n, len(NEEDS)))
    before = -1 - np.minimum(rng.exponential(36.0, n).astype(np.intp), LONGEST_TENURE - 1)
    during = rng.integers(0, months, n)
    return People(
        segment=segment,
        needs=needs,
        household=1 + np.minimum(rng.poisson(sizes[segment] - 1.0), 7),
        quality=rng.beta(5.0, 1.5, n),
        talkative=rng.gamma(0.8, 1.25, n),
        fiber_available=rng.random(n) < 0.8,
        competitor_fiber=rng.random(n) < 0.35,
        vulnerable=rng.random(n) < 0.03 + 0.05 * (segment == 2),
        direct_debit=rng.random(n) < 0.75,
        arrival=np.where(rng.random(n) < NEWCOMERS, during, before),
    )
