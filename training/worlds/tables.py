"""The comparison on paper: every run as a row, and a page that can be read."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import polars as pl

from training.worlds.bars import bars
from training.worlds.entrant import NOTHING, ORACLE, RANDOM
from training.worlds.figures import figures
from training.worlds.running import HORIZONS
from training.worlds.scoring import interval, score

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from training.evaluation.bootstrap import Interval
    from training.simulator.laboratory.luck import Floats
    from training.worlds.bars import Bar
    from training.worlds.figures import Figures
    from training.worlds.running import Run
    from training.worlds.scoring import Scores

NONE = "-"


def runs_table(runs: Sequence[Run]) -> pl.DataFrame:
    """One row a run: euros a contact against nothing with the interval over its customers, NV of this run alone, and what was counted."""
    return pl.DataFrame([_row(one, _peers(runs, one)) for one in runs], infer_schema_length=None)


def _peers(runs: Sequence[Run], one: Run) -> list[Run]:
    scale = (NOTHING, RANDOM, ORACLE, one.policy)
    return [
        other
        for other in runs
        if (other.world, other.seed) == (one.world, one.seed) and other.policy in scale
    ]


def _row(one: Run, peers: list[Run]) -> dict[str, object]:
    row: dict[str, object] = {
        "world": one.world,
        "seed": one.seed,
        "policy": one.policy,
        "customers": one.customers,
    }
    for place, months in enumerate(HORIZONS):
        here = score(peers, place)
        euros = here.over(one.world, one.policy, NOTHING)
        nv = here.nv(one.world, one.policy)
        row |= {
            f"euros_{months}": euros.mean,
            f"euros_{months}_low": euros.low,
            f"euros_{months}_high": euros.high,
            f"nv_{months}": None if nv is None else float(nv[0]),
            f"value_{months}": one.values[place],
        }
    counted = (
        "contacts",
        "spoken",
        "judged",
        "harmed",
        "harm",
        "worth",
        "discount",
        "gap",
        "left",
        "seconds",
    )
    return row | {name: getattr(one, name) for name in counted}


def page(runs: Sequence[Run]) -> str:
    """Markdown: NV by policy and world, the bars, and every figure with its interval."""
    scores = [score(runs, place) for place in range(len(HORIZONS))]
    lines = figures(runs, scores)
    parts = [
        "# Policies in the laboratory",
        f"{_seeds(lines)}. Euros a contact against doing nothing, over the contacts of doing nothing; intervals of 95 % in pairs, over the seeds, or over the customers of a single one.",
        *(
            f"## NV over {months} months\n\n{_overview(scores[place], place, lines)}"
            for place, months in reversed([*enumerate(HORIZONS)])
        ),
        f"## Bars\n\n{_bars(bars(runs, scores[-1]))}",
        f"## Every figure\n\n{_everything(lines)}",
    ]
    return "\n\n".join(parts) + "\n"


def _seeds(lines: Sequence[Figures]) -> str:
    found = sorted({line.seeds for line in lines})
    return "Seeds a world: " + (str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}")


def _overview(scores: Scores, place: int, lines: Sequence[Figures]) -> str:
    by_key = {(line.policy, line.world): line.nv[place] for line in lines}
    worlds = [*scores.value]
    rows = []
    for policy in dict.fromkeys(line.policy for line in lines):
        mean = scores.mean_nv(policy)
        found = [by_key.get((policy, world)) for world in worlds]
        rows.append([policy, _mean(mean), *(NONE if nv is None else f"{nv.mean:.3f}" for nv in found)])
    return _markdown(["policy", "mean", *worlds], rows)


def _mean(draws: Floats | None) -> str:
    return NONE if draws is None else _spread(interval(draws), 3)


def _bars(found: Iterable[Bar]) -> str:
    said = {None: "was not measured", True: "holds", False: "DOES NOT HOLD"}
    rows = [
        [
            bar.name,
            NONE if bar.value is None else f"{bar.value:.3f}",
            NONE if bar.interval is None else f"[{bar.interval.low:.3f}, {bar.interval.high:.3f}]",
            bar.unit,
            bar.bar,
            said[bar.holds],
        ]
        for bar in found
    ]
    return _markdown(["bar", "figure", "interval", "unit", "must be", ""], rows)


def _everything(lines: Sequence[Figures]) -> str:
    horizons = [f"{what} {months}" for what in ("NV", "EUR") for months in reversed(HORIZONS)]
    rows = [
        [
            line.world,
            line.policy,
            *(NONE if nv is None else _spread(nv, 3) for nv in reversed(line.nv)),
            *(_spread(euros, 2) for euros in reversed(line.euros)),
            f"{line.approached:.1%}",
            _spread(line.harmed, 1, percent=True),
            _spread(line.harm, 2),
            _spread(line.discount, 2),
            NONE if line.gap is None else _spread(line.gap, 2),
            f"{line.seconds:.1f}",
        ]
        for line in lines
    ]
    columns = [
        "approached",
        "harmed of those",
        "EUR harm each",
        "EUR discount a contact",
        "EUR gap",
        "s a seed",
    ]
    return _markdown(["world", "policy", *horizons, *columns], rows)


def _spread(some: Interval, digits: int, *, percent: bool = False) -> str:
    """With its interval, where it has one."""
    mean, low, high = (f"{100 * end:.{digits}f}" if percent else f"{end:.{digits}f}" for end in some)
    unit = "%" if percent else ""
    return f"{mean}{unit}" if isnan(some.low) else f"{mean}{unit} [{low}, {high}]"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = [[*heads], ["---"] * len(heads), *([*row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)
