"""A world as one seed made it: everything that never changes while it is played."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.goods import LIST, Goods, draw_goods
from training.simulator.laboratory.leaving import pulls
from training.simulator.laboratory.luck import AGENTS, GOODS, Floats, Ints, Kind, luck_of
from training.simulator.laboratory.parameters import Parameters, draw_parameters
from training.simulator.laboratory.people import People, draw_people
from training.simulator.laboratory.wanting import tastes

if TYPE_CHECKING:
    from training.simulator.laboratory.worlds import World

COUNT = 40
"""Agents."""
YEAR = 12


@dataclass(frozen=True)
class Setting:
    """`taste` and `pull` (customers, P): what each wants, and how each product holds him, as `wanting` and `leaving` say.

    `skill`, `diligence` (agents,): deviations, and how much of what is shown is spoken against the average.

    `favourite` (agents, deeds): what an agent likes to speak of, 0 to 2.
    """

    world: World
    seed: int
    parameters: Parameters
    goods: Goods
    people: People
    taste: Floats
    pull: Floats
    skill: Floats
    diligence: Floats
    favourite: Floats

    def popularity(self, month: int) -> Floats:
        """(P,) What a month adds to everybody's utility: lasting popularity, its drift since month 0, the season of each product."""
        season = np.cos(2 * np.pi * (month - np.arange(len(LIST))) / YEAR)
        return (
            self.goods.popularity
            + self.parameters.drift * _wandered(self.seed, month)
            + self.parameters.season * season
        )

    def rise(self, month: int) -> float:
        """The price rise that comes with this month, as a share; 0 in all others."""
        return self.parameters.rise if month == int(self.parameters.rise_month) else 0.0

    def margin(self, month: int) -> Ints:
        """(P,) cents of margin a product earns in this month: the rise, once there, is margin."""
        risen = self.parameters.rise if month >= int(self.parameters.rise_month) else 0.0
        return np.asarray(self.goods.margin + np.rint(self.goods.price * risen).astype(np.int64))


@cache
def _wandered(seed: int, month: int) -> Floats:
    """(P,) How far tastes have drifted since month 0, in steps of one month."""
    if month <= 0:
        return np.zeros(len(LIST))
    step = luck_of(seed, GOODS + np.arange(len(LIST))).normal(Kind.DRIFT, month)
    return _wandered(seed, month - 1) + step


def set_up(world: World, seed: int, customers: int) -> Setting:
    """The world of this seed with so many customers, or as many as it has."""
    parameters = draw_parameters(seed, world.ranges)
    agents = luck_of(seed, AGENTS + np.arange(COUNT))
    count = customers if world.at_most is None else min(customers, world.at_most)
    goods, people = draw_goods(seed, parameters), draw_people(seed, count, len(LIST))
    return Setting(
        world=world,
        seed=seed,
        parameters=parameters,
        goods=goods,
        people=people,
        taste=tastes(parameters, goods, people),
        pull=pulls(parameters, goods, people),
        skill=parameters.skill * agents.normal(Kind.SKILL),
        diligence=0.8 + 0.4 * agents.uniform(Kind.DILIGENCE),
        favourite=2.0 * agents.uniform(Kind.FAVOURITE, 0, len(deeds.DEEDS)),
    )
