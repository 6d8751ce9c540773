"""What the table says of a policy in a world: one line, averaged over the seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.worlds.entrant import NOTHING
from training.worlds.scoring import complete_seeds, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.evaluation.bootstrap import Interval
    from training.worlds.running import Run
    from training.worlds.scoring import Scores


@dataclass(frozen=True)
class Figures:
    """`nv`, `euros` (a contact against doing nothing) by horizon, 12 months then 36; NV None where it is not defined.

    approached  share of the contacts in which something was said
    harmed      share of those in which what was said first had a true worth below nought
    harm        euros of that worth, a contact approached
    discount    euros a contact, beyond what history had promised
    gap         euros of discount a customer who threatens gets more than a quiet one of equal margin; None without a threat
    seconds     of one core for one seed
    """

    world: str
    policy: str
    seeds: int
    nv: tuple[Interval | None, ...]
    euros: tuple[Interval, ...]
    approached: float
    harmed: float
    harm: float
    discount: float
    gap: float | None
    seconds: float


def figures(runs: Sequence[Run], scores: Sequence[Scores]) -> list[Figures]:
    """Every policy of every world, in the order they were played. `scores` by horizon."""
    worlds = dict.fromkeys(one.world for one in runs)
    found = []
    for world in worlds:
        here = [one for one in runs if one.world == world]
        seeds = complete_seeds(here)
        kept = [one for one in here if one.seed in seeds]
        found += [_of(world, policy, kept, scores) for policy in scores[0].value[world]]
    return found


def _of(world: str, policy: str, runs: Sequence[Run], scores: Sequence[Scores]) -> Figures:
    own = [one for one in runs if one.policy == policy]
    nothing = [one for one in runs if one.policy == NOTHING]
    spoken, judged = sum(one.spoken for one in own), max(sum(one.judged for one in own), 1)
    gaps = [one.gap for one in own if one.gap is not None]
    nv = [horizon.nv(world, policy) for horizon in scores]
    more = sum(one.discount for one in own) - sum(one.discount for one in nothing)
    return Figures(
        world=world,
        policy=policy,
        seeds=len(own),
        nv=tuple(None if some is None else interval(some) for some in nv),
        euros=tuple(interval(horizon.value[world][policy]) for horizon in scores),
        approached=spoken / max(sum(one.contacts for one in own), 1),
        harmed=sum(one.harmed for one in own) / judged,
        harm=sum(one.harm for one in own) / judged,
        discount=more / max(sum(one.contacts for one in nothing), 1),
        gap=float(np.mean(gaps)) if gaps else None,
        seconds=float(np.mean([one.seconds for one in own])),
    )
