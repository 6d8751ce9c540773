"""What must hold: each bar with its figure, its interval where it has one, and whether it holds. A bar nobody could measure says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.simulator.laboratory.worlds import WORLDS
from training.worlds.entrant import NOTHING, ORACLE
from training.worlds.scoring import Scores, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.evaluation.bootstrap import Interval
    from training.simulator.laboratory.luck import Floats
    from training.worlds.running import Run

OURS, PEGA, MARGIN, POPULARITY = "ours", "pega", "probability-margin", "popularity"
NO_EFFECT = "no-effect"


@dataclass(frozen=True)
class Bar:
    """`holds` None when it could not be measured: a policy or a world it needs was not played."""

    name: str
    value: float | None
    unit: str
    bar: str
    holds: bool | None
    interval: Interval | None = None


def bars(runs: Sequence[Run], scores: Scores) -> list[Bar]:
    """Over the longer horizon."""
    return [
        *_of_ours(scores),
        _discount(runs),
        *(_oracle(scores, world) for world in scores.value if not WORLDS[world].strategic),
        *([_nothing_there(scores)] if NO_EFFECT in scores.value else []),
    ]


def _of_ours(scores: Scores) -> list[Bar]:
    own = scores.mean_nv(OURS)
    found = [_at_least("NV of ours", own, 0.65)]
    for other, least in ((PEGA, 0.15), (MARGIN, 0.05)):
        worlds = [world for world in scores.value if {OURS, other} <= scores.value[world].keys()]
        mine, theirs = (scores.mean_nv(name, worlds) if worlds else None for name in (OURS, other))
        both = None if mine is None or theirs is None else mine - theirs
        found.append(_at_least(f"NV of ours over {other}", both, least))
    differences = {
        world: mine - theirs
        for world in scores.value
        if {OURS, POPULARITY} <= scores.value[world].keys()
        and (mine := scores.nv(world, OURS)) is not None
        and (theirs := scores.nv(world, POPULARITY)) is not None
    }
    worst = min(differences, key=lambda world: float(differences[world][0]), default="any world")
    return [*found, _at_least(f"NV of ours over popularity, least: {worst}", differences.get(worst), -0.02)]


def _at_least(name: str, draws: Floats | None, least: float) -> Bar:
    if draws is None:
        return Bar(name, None, "NV", f">= {least:g}", None)
    return Bar(name, float(draws[0]), "NV", f">= {least:g}", bool(draws[0] >= least), interval(draws))


def _discount(runs: Sequence[Run]) -> Bar:
    name, bar = "discount of ours without any effect, of Pega's", "< 0.1"
    spent = {
        policy: {one.seed: one.discount for one in runs if (one.world, one.policy) == (NO_EFFECT, policy)}
        for policy in (OURS, PEGA, NOTHING)
    }
    seeds = set.intersection(*(set(some) for some in spent.values()))
    if not seeds:
        return Bar(name, None, "share", bar, None)
    ours, pega, nothing = (
        sum(some[seed] for seed in seeds) for some in (spent[OURS], spent[PEGA], spent[NOTHING])
    )
    share = (ours - nothing) / max(pega - nothing, 0.01)
    return Bar(name, share, "share", bar, share < 0.1)


def _oracle(scores: Scores, world: str) -> Bar:
    """Against all others; printed is the best of them. It knows the luck to come as a mean of a few runs: a loss within the interval is none."""
    overs = {policy: scores.over(world, ORACLE, policy) for policy in scores.value[world] if policy != ORACLE}
    best = min(overs, key=lambda policy: overs[policy].mean)
    holds = all(over.high >= 0.0 for over in overs.values())
    return Bar(
        f"oracle over {best} in {world}", overs[best].mean, "EUR a contact", ">= 0", holds, overs[best]
    )


def _nothing_there(scores: Scores) -> Bar:
    """Where nothing has an effect, there is nothing to gain."""
    over = scores.over(NO_EFFECT, ORACLE, NOTHING)
    return Bar(
        "oracle over nothing without any effect",
        over.mean,
        "EUR a contact",
        "0",
        over.low <= 0.0 <= over.high,
        over,
    )
