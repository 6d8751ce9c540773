"""What policies are worth, in pairs: means over seeds, and what they would be were the seeds (or, of a single one, its customers) drawn again.

    NV = (V(policy) - V(random)) / (V(oracle) - V(random)),      where the oracle is worth more than a euro a contact over random

V: euros a contact. The contacts are those of doing nothing, the same for every policy of a run, so that who keeps more customers is not divided by
the contacts they go on to make. V is averaged over the seeds of a world before it is divided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import Interval
from training.worlds.entrant import NOTHING, ORACLE, RANDOM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.simulator.laboratory.luck import Floats, Ints
    from training.worlds.running import Run

DRAWS = 1000
LEAST = 1.0
"""Euros a contact the oracle must be worth over random for NV to be defined."""


@dataclass(frozen=True)
class Scores:
    """`value` world -> policy -> (1 + DRAWS,) euros a contact against doing nothing: the mean over the seeds, then that of each draw of them.

    Policies of a world are drawn together, and worlds with the same seeds too. Horizon by horizon.
    """

    value: Mapping[str, Mapping[str, Floats]]

    def nv(self, world: str, policy: str) -> Floats | None:
        """(1 + DRAWS,) or None where it is not defined."""
        here = self.value[world]
        room = here[ORACLE] - here[RANDOM]
        if not room[0] > LEAST:
            return None
        return np.asarray((here[policy] - here[RANDOM]) / room)

    def mean_nv(self, policy: str, worlds: Sequence[str] | None = None) -> Floats | None:
        """(1 + DRAWS,) averaged over the worlds where it is defined and the policy was played; None when there is none."""
        found = [self.nv(world, policy) for world in worlds or self.value if policy in self.value[world]]
        known = [one for one in found if one is not None]
        return np.asarray(np.mean(known, axis=0)) if known else None

    def over(self, world: str, policy: str, other: str) -> Interval:
        """Euros a contact that a policy is worth more than another one."""
        return interval(self.value[world][policy] - self.value[world][other])


def interval(draws: Floats) -> Interval:
    """The first is the mean; the middle 95 % of the others is its interval."""
    low, high = np.quantile(draws[1:], [0.025, 0.975])
    return Interval(float(draws[0]), float(low), float(high))


def score(runs: Sequence[Run], horizon: int) -> Scores:
    """Of the horizon by its place in `Run.values`; only seeds for which every policy of the world was played."""
    worlds = dict.fromkeys(one.world for one in runs)
    return Scores({world: _world([one for one in runs if one.world == world], horizon) for world in worlds})


def _world(runs: Sequence[Run], horizon: int) -> dict[str, Floats]:
    policies = dict.fromkeys(one.policy for one in runs)
    by_key = {(one.policy, one.seed): one for one in runs}
    seeds = complete_seeds(runs)
    lines = {policy: [_line(by_key, policy, seed, horizon) for seed in seeds] for policy in policies}
    pick = drawn(len(seeds))
    return {policy: _means(np.array(some), pick) for policy, some in lines.items() if some}


def complete_seeds(runs: Sequence[Run]) -> list[int]:
    """Seeds of a world for which every policy found in it was played."""
    policies = {one.policy for one in runs}
    seeds = sorted({one.seed for one in runs})
    return [seed for seed in seeds if {one.policy for one in runs if one.seed == seed} == policies]


def _line(runs: Mapping[tuple[str, int], Run], policy: str, seed: int, horizon: int) -> Floats:
    """(1 + draws,) euros a contact against nothing."""
    own, nothing = runs[policy, seed], runs[NOTHING, seed]
    euros = np.array([own.values[horizon] - nothing.values[horizon]])
    again = np.array(own.draws[horizon]) - np.array(nothing.draws[horizon])
    return np.concatenate([euros, again]) / max(nothing.contacts, 1)


def _means(lines: Floats, pick: Ints) -> Floats:
    """Of lines (seeds, 1 + draws) the mean, and that of each draw."""
    if len(lines) == 1:
        return np.concatenate([lines[0, :1], lines[0, 1:][pick[:, 0] % (lines.shape[1] - 1)]])
    return np.concatenate([[lines[:, 0].mean()], lines[pick, 0].mean(axis=1)])


def drawn(seeds: int) -> Ints:
    """(DRAWS, seeds) which seeds are drawn; of a single one, which draw of its customers."""
    generator = np.random.default_rng(0)
    return generator.integers(0, seeds if seeds > 1 else 2**31, (DRAWS, max(seeds, 1)))
