"""Who the customers are. A customer is the same one in a world of a thousand and of a million."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.simulator.laboratory.luck import PLACES, Floats, Ints, Kind, Luck, luck_of
from training.simulator.laboratory.rows import Rows

DIMENSIONS = 4
"""Of latent need: mobility, entertainment, speed at home, peace of mind."""
HOUSEHOLDS = np.cumsum([0.36, 0.33, 0.13, 0.12, 0.06])
REGIONS = ("north", "east", "south", "west")
QUALITY = np.array([1.6, 1.1, 0.8, 0.6])
"""Outages in a region, against the average."""
CHANNELS = ("voice", "chat", "whatsapp", "app")
CHANNEL_SHARES = np.cumsum([0.5, 0.22, 0.16, 0.12])
TENURE = 40.0
"""Mean months since a customer came, at month 0; exponential, at most twenty years."""


@dataclass(frozen=True)
class People(Rows):
    """Latent and lasting. (n,) unless said; deviations are standard normal.

    needs        (n, DIMENSIONS) deviations
    household    persons, 1 to 5; region, channel: indices
    engagement   loyalty that a fact shows, deviations; unseen: loyalty that none shows. Both pull to stay alike
    thrift       price sensitivity, deviations; a fact shows it
    inertia      deviations of sleep from the world's mean
    startle      how easily being asked wakes, against the average; > 0, and higher for the inert
    talkative    contacts, against the average; > 0
    wallet       probability a month of not paying
    tenure       months at month 0
    response     (n, products) what holding does to this customer, against the average: deviations
    luck, place  draws of the customer, and those all of a region share
    """

    number: Ints
    needs: Floats
    household: Ints
    region: Ints
    channel: Ints
    engagement: Floats
    unseen: Floats
    thrift: Floats
    inertia: Floats
    startle: Floats
    talkative: Floats
    wallet: Floats
    tenure: Ints
    response: Floats
    luck: Luck
    place: Luck


def draw_people(seed: int, customers: int, products: int) -> People:
    """The first `customers` of the world of this seed."""
    number = np.arange(customers)
    luck = luck_of(seed, number)
    region = (luck.uniform(Kind.REGION) * len(REGIONS)).astype(np.int64)
    household = 1 + np.searchsorted(HOUSEHOLDS, luck.uniform(Kind.HOUSEHOLD))
    needs = luck.normal(Kind.NEED, 0, DIMENSIONS)
    needs[:, 1] += 0.3 * (household - 2)
    inertia = luck.normal(Kind.INERTIA)
    poor = luck.uniform(Kind.WALLET)
    return People(
        number=number,
        needs=needs,
        household=np.minimum(household, 5),
        region=region,
        channel=np.minimum(np.searchsorted(CHANNEL_SHARES, luck.uniform(Kind.CHANNEL)), 3),
        engagement=luck.normal(Kind.ENGAGEMENT),
        unseen=luck.normal(Kind.UNSEEN),
        thrift=luck.normal(Kind.THRIFT),
        inertia=inertia,
        startle=np.exp(0.5 * inertia + 0.5 * luck.normal(Kind.STARTLE) - 0.25),
        talkative=np.exp(0.6 * luck.normal(Kind.TALK) - 0.18),
        wallet=np.where(poor < 0.05, 0.25, 0.004),
        tenure=np.minimum(-TENURE * np.log(luck.uniform(Kind.TENURE)), 240.0).astype(np.int64) + 1,
        response=luck.normal(Kind.RESPONSE, 0, products),
        luck=luck,
        place=luck_of(seed, PLACES + np.arange(len(REGIONS))).take(region),
    )
