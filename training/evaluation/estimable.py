"""Whether logs can say what a policy is worth: gates that are passed before any estimate is told, each with its figure and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.features import Floats

    Indices = npt.NDArray[np.intp]

FEWEST: Final = 500
"""Contacts the weights must be worth; and at least LEAST_SHARE of all."""
LEAST_SHARE: Final = 0.02
MEAN_WEIGHT: Final = (0.95, 1.05)
"""The mean weight is 1 where propensities are those it was drawn with, and all that is chosen could be drawn."""
MOST_LOST: Final = 0.05
"""Of the policy's choices, those that could never be drawn in the logs: what keeps the mean weight from its lower bound."""
LARGEST: Final = 0.05
"""Of all the weight, what one customer may carry: beyond it the interval is about him."""
FEWEST_CUSTOMERS: Final = 100
"""Below so many, drawing customers again says little of how sure a mean is."""


@dataclass(frozen=True)
class Weights:
    """Of n contacts, clipped as they are used.

    `effective`: (sum w)^2 / sum w^2, the contacts they are worth. `largest`: the share one customer carries. `lost`: the share of the
    policy's choices that could not be drawn; None where the logs do not tell. `clipped`: the share of contacts, `clipped_weight` that of
    the weight which `clip` took off.
    """

    contacts: int
    customers: int
    effective: float
    mean: float
    most: float
    largest: float
    lost: float | None
    clip: float | None
    clipped: float
    clipped_weight: float

    @classmethod
    def of(
        cls, weight: Floats, customer: Indices, lost: Floats | None = None, clip: float | None = None
    ) -> Weights:
        """(n,) weights e/pi as they are; what they are worth is counted after they were clipped."""
        used = weight if clip is None else np.minimum(weight, clip)
        of_customer = np.bincount(np.unique(customer, return_inverse=True)[1], weights=used)
        total = float(used.sum())
        whole = max(total, 1e-300)
        return cls(
            contacts=len(weight),
            customers=len(of_customer),
            effective=total**2 / max(float((used**2).sum()), 1e-300),
            mean=float(used.mean()),
            most=float(used.max()),
            largest=float(of_customer.max() / whole),
            lost=None if lost is None else float(lost.mean()),
            clip=clip,
            clipped=float((used < weight).mean()),
            clipped_weight=float((weight - used).sum() / max(float(weight.sum()), 1e-300)),
        )


@dataclass(frozen=True)
class Gate:
    """`figure` beside what is `needed`, in words; `remedy`: what to do where it does not hold."""

    name: str
    figure: str
    needed: str
    holds: bool
    remedy: str


def gates_of(weights: Weights) -> tuple[Gate, ...]:
    """All of them, in the order in which they are to be mended."""
    needed = max(FEWEST, LEAST_SHARE * weights.contacts)
    low, high = MEAN_WEIGHT
    gates = [
        Gate(
            "customers",
            f"{weights.customers:,}",
            f"at least {FEWEST_CUSTOMERS}",
            weights.customers >= FEWEST_CUSTOMERS,
            "wait for more contacts, or look further back",
        ),
        Gate(
            "effective sample size",
            f"{weights.effective:,.0f} of {weights.contacts:,} contacts",
            f"at least {needed:,.0f}",
            weights.effective >= needed,
            "more contacts, or more of them left to chance: raise the rate of arbitration.explore; or state a clip",
        ),
        Gate(
            "mean weight",
            f"{weights.mean:.3f}",
            f"{low} to {high}",
            low <= weights.mean <= high,
            "1 is expected: propensities are not those it was drawn with, choices cannot be drawn, too few are rare, or the clip is too low",
        ),
        Gate(
            "largest customer",
            f"{100.0 * weights.largest:.1f} % of the weight",
            f"at most {100.0 * LARGEST:.0f} %",
            weights.largest <= LARGEST,
            "more customers, or state a clip",
        ),
    ]
    if weights.lost is not None:
        support = Gate(
            "support",
            f"{100.0 * weights.lost:.1f} % of the choices could not be drawn in these logs",
            f"at most {100.0 * MOST_LOST:.0f} %",
            weights.lost <= MOST_LOST,
            "let chance reach them first: a wider arbitration.explore, or an experiment by flags",
        )
        gates.insert(1, support)
    return tuple(gates)
