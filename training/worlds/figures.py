"""What the table says of a policy in a world: one line, averaged over the seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.bootstrap import Interval
from training.worlds.entrant import NOTHING
from training.worlds.scoring import complete_seeds, drawn, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.simulator.laboratory.luck import Floats
    from training.worlds.running import Run
    from training.worlds.scoring import Scores


@dataclass(frozen=True)
class Figures:
    """`nv`, `euros` (a contact against doing nothing) by horizon, 12 months then 36; NV None where it is not defined.

    Intervals draw the seeds again, the same for every policy; of harmed, harm, discount and gap a single seed has none (low and high NaN).

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
    harmed: Interval
    harm: Interval
    discount: Interval
    gap: Interval | None
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
    own, nothing = (_by_seed(runs, name) for name in (policy, NOTHING))
    contacts = [one.contacts for one in own]
    judged = [one.judged for one in own]
    more = [one.discount - other.discount for one, other in zip(own, nothing, strict=True)]
    gaps = [one.gap for one in own if one.gap is not None]
    nv = [horizon.nv(world, policy) for horizon in scores]
    return Figures(
        world=world,
        policy=policy,
        seeds=len(own),
        nv=tuple(None if some is None else interval(some) for some in nv),
        euros=tuple(interval(horizon.value[world][policy]) for horizon in scores),
        approached=_share([one.spoken for one in own], contacts).mean,
        harmed=_share([one.harmed for one in own], judged),
        harm=_share([one.harm for one in own], judged),
        discount=_share(more, [one.contacts for one in nothing]),
        gap=_share(gaps, [1.0] * len(gaps)) if gaps else None,
        seconds=float(np.mean([one.seconds for one in own])),
    )


def _by_seed(runs: Sequence[Run], policy: str) -> list[Run]:
    return sorted((one for one in runs if one.policy == policy), key=lambda one: one.seed)


def _share(part: Sequence[float], whole: Sequence[float]) -> Interval:
    """Sum over the seeds by sum, and what it is when the seeds are drawn again: in every line the same ones, so that policies compare in pairs."""
    parts, wholes = np.array(part, dtype=np.float64), np.array(whole, dtype=np.float64)
    value = float(_ratio(parts.sum(), wholes.sum()))
    if len(parts) == 1:
        return Interval(value, np.nan, np.nan)
    again = drawn(len(parts))
    low, high = np.quantile(_ratio(parts[again].sum(axis=1), wholes[again].sum(axis=1)), [0.025, 0.975])
    return Interval(value, float(low), float(high))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(part / np.maximum(whole, 1.0))
