"""Plays every world and seed asked for, in processes, keeps what is done, and writes the table, the page and the pictures."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from training.errors import OptionError
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.entrant import SCALE, policies
from training.worlds.figures import figures
from training.worlds.keeping import keep, place, read_runs
from training.worlds.orphans import end_with_parent
from training.worlds.pictures import euros_picture, nv_picture
from training.worlds.running import HORIZONS, Plan, Run, run, size
from training.worlds.scoring import score
from training.worlds.tables import page, runs_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


@dataclass(frozen=True)
class Comparison:
    """`policies` beside the scale, `fresh`: those that are played again though the folder has them. All by name; none of `policies`: all."""

    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    worlds: tuple[str, ...]
    customers: int
    out: Path
    jobs: int = 2
    fresh: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Done:
    plan: Plan
    runs: list[Run]
    seconds: float


def compare(asked: Comparison, say: Callable[[str], None]) -> list[Run]:
    """All runs asked for; what the folder has of them with as many customers is taken from there. Also writes worlds.csv, .parquet, .md and two .png.

    Raises:
        OptionError: a policy or world nobody knows, or a folder with something else.
    """
    names = _names(asked)
    plans = [Plan(world, seed, asked.customers, names) for seed in asked.seeds for world in asked.worlds]
    began, played = time.monotonic(), 0
    for number, done in enumerate(_played(asked, plans), start=1):
        played += bool(done.runs)
        left = (time.monotonic() - began) / max(played, 1) * (len(plans) - number) / 60.0
        costs = ", ".join(f"{one.policy} {one.seconds:.1f}" for one in done.runs)
        say(
            f"{number:>4}/{len(plans)} {done.plan.world} seed {done.plan.seed}: {done.seconds:.1f} s ({costs}); {left:.0f} min left"
        )
    runs = [one for plan in plans for one in _kept(asked.out, plan)]
    _write(asked.out, runs)
    return runs


def _names(asked: Comparison) -> tuple[str, ...]:
    known = policies()
    for option, names, there in (
        ("--policies", asked.policies, known),
        ("--fresh", asked.fresh, known),
        ("--worlds", asked.worlds, WORLDS),
    ):
        if unknown := [name for name in names if name not in there]:
            raise OptionError(f"{option}: no {', '.join(unknown)}; there are {', '.join(there)}")
    wanted = {*SCALE, *(asked.policies or known)}
    return tuple(name for name in known if name in wanted)


def _played(asked: Comparison, plans: Sequence[Plan]) -> Iterator[_Done]:
    orders = [(plan, asked.out, asked.fresh) for plan in plans]
    if asked.jobs == 1:
        yield from (_play(*order) for order in orders)
        return
    spawned = get_context("spawn")
    with ProcessPoolExecutor(asked.jobs, mp_context=spawned, initializer=end_with_parent) as pool:
        waiting = [pool.submit(_play, *order) for order in orders]
        try:
            for one in as_completed(waiting):
                yield one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _play(plan: Plan, out: Path, fresh: Iterable[str]) -> _Done:
    """In one thread: the matrices are small, and the other processes need the other cores."""
    began = time.monotonic()
    path = place(out, plan.world, plan.seed)
    there = [one for one in read_runs(path) if one.customers == size(plan)]
    again = [name for name in plan.policies if name in fresh or name not in {one.policy for one in there}]
    kept = [one for one in there if one.policy not in again]
    with threadpool_limits(1):
        played: list[Run] = []
        if again:
            for one in run(Plan(plan.world, plan.seed, plan.customers, tuple(again))):
                played.append(one)
                keep(path, [*kept, *played])
    return _Done(plan, played, time.monotonic() - began)


def _kept(out: Path, plan: Plan) -> list[Run]:
    by_name = {one.policy: one for one in read_runs(place(out, plan.world, plan.seed))}
    return [by_name[name] for name in plan.policies]


def _write(out: Path, runs: Sequence[Run]) -> None:
    table = runs_table(runs)
    table.write_csv(out / "worlds.csv")
    table.write_parquet(out / "worlds.parquet")
    (out / "worlds.md").write_text(page(runs), encoding="utf-8")
    lines = figures(runs, [score(runs, horizon) for horizon in range(len(HORIZONS))])
    (out / "nv.png").write_bytes(nv_picture(lines))
    (out / "euros.png").write_bytes(euros_picture(lines))
