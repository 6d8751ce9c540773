"""What differs from world to world: numbers with the range each is drawn from by the seed.

A draw depends on the seed and on the name alone. So worlds of one seed differ in what their declarations say, and in nothing else.
Utilities and pressures are in standard deviations of the monthly normal noise they compete with.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from training.simulator.laboratory.luck import Kind, luck_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Range = tuple[float, float]


def drawn(low: float, high: float, says: str) -> Any:
    """A parameter between `low` and `high`, and what it is."""
    return field(metadata={"range": (low, high), "says": says})


@dataclass(frozen=True)
class Parameters:
    """One world's numbers."""

    # what is wanted
    needs: float = drawn(0.55, 0.75, "weight of latent needs in the utility of a product")
    relations: float = drawn(0.8, 1.2, "weight of complements and substitutes among the holdings")
    thrift: float = drawn(0.15, 0.3, "utility lost by the thrifty for a price one deviation above the mean")
    reluctance: float = drawn(3.1, 3.3, "utility a product must reach to be bought unasked in a month")
    season: float = drawn(0.05, 0.15, "amplitude of the season in the wish to buy")
    drift: float = drawn(0.0, 0.01, "deviation a month of each product's popularity")
    # what holding does
    locking: float = drawn(0.8, 1.2, "scale of the effects of holding on staying")
    response: float = drawn(0.1, 0.4, "deviation of that effect between customers, as a share of it")
    confounding: float = drawn(0.2, 0.35, "utility of buying anything, for a deviation of loyalty")
    hidden: float = drawn(0.0, 0.0, "share of the confounding variance that no fact shows")
    # leaving
    calm: float = drawn(1.65, 1.8, "distance from leaving of an average customer who is awake")
    loyalty: float = drawn(0.35, 0.5, "pull to stay for a deviation of loyalty")
    price: float = drawn(0.5, 0.7, "push for a unit of price grievance")
    service: float = drawn(0.4, 0.6, "push for a unit of frustration with the service")
    rival: float = drawn(0.4, 0.6, "push for a competitor's campaign in the region")
    barrier: float = drawn(0.35, 0.55, "pull while a term runs: the fee, no wish to stay")
    clock: float = drawn(0.5, 0.8, "how much the end of a term wakes")
    sleep: float = drawn(
        1.0, 1.3, "inertia of an average customer: awake in a month with probability Phi(-sleep)"
    )
    waking: float = drawn(0.08, 0.16, "how much being asked wakes an average customer")
    # troubles
    outages: float = drawn(0.06, 0.1, "probability a month of an outage in a region of average quality")
    bills: float = drawn(0.02, 0.03, "probability a month of a bill that shocks")
    campaigns: float = drawn(0.14, 0.2, "probability a month of a competitor's campaign in a region")
    rise: float = drawn(0.01, 0.03, "price rise for everybody, as a share")
    rise_month: float = drawn(9.0, 13.0, "month of that rise, rounded down")
    # contacts
    talk: float = drawn(0.05, 0.07, "contacts a month without a reason")
    calls: float = drawn(0.55, 0.7, "share of those about to leave, or nearly so, who call first")
    bluff: float = drawn(0.001, 0.003, "probability a month of a threat without a wish to leave")
    learning: float = drawn(0.0, 0.0, "what a discount got by threatening adds to that probability")
    # asking
    persuasion: float = drawn(0.75, 0.95, "share of moments in which a customer can be talked into anything")
    pitch: float = drawn(-1.6, -1.35, "utility an offer adds to what is wanted, of an average agent by voice")
    skill: float = drawn(0.15, 0.3, "deviation of agents' skill")
    mood: float = drawn(0.2, 0.35, "utility of an offer lost for a unit of frustration or grievance")
    fatigue: float = drawn(0.1, 0.2, "utility of an offer lost for each time asked lately")
    withdrawn: float = drawn(0.04, 0.09, "share of accepted sales withdrawn within the cooling-off period")
    saving: float = drawn(0.8, 1.2, "scale of what saves, repairs and discounts change")
    ignore: float = drawn(0.05, 0.15, "share of the time agents speak without regard to rank")


def draw_parameters(seed: int, ranges: Mapping[str, Range]) -> Parameters:
    """The numbers of a world; `ranges` replaces those declared above, by name.

    Raises:
        ValueError: a name that is no parameter.
    """
    known = {item.name: item.metadata["range"] for item in fields(Parameters)}
    if unknown := ranges.keys() - known.keys():
        raise ValueError(f"no parameter {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return Parameters(
        **{name: _between(seed, name, *ranges.get(name, usual)) for name, usual in known.items()}
    )


def _between(seed: int, name: str, low: float, high: float) -> float:
    share = luck_of(seed, np.array([zlib.crc32(name.encode())])).uniform(Kind.PARAMETER)[0]
    return float(low + (high - low) * share)
