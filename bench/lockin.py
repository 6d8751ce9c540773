"""The bars of lock-in: what is estimated from the tables of worlds, against what is true in them.

Five worlds are without hidden reasons; four seeds of them, with twelve judged products each, are 240 pairs. `BEHOUD_LOCKIN_SEEDS=100-105` plays other seeds
than 0 to 3 (some eight minutes of two cores), `BEHOUD_LOCKIN_SIZE=4000,18` other worlds than 12,000 customers and 18 months.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.public import row
from models.catalogue import load_catalogue
from training.fit.spoken import read_talks
from training.lockin import lockin_of, months_of
from training.prompted import journal_parts
from training.simulator.laboratory import goods
from training.simulator.laboratory.tables import write_tables
from training.tables import read_tables
from training.worlds.example import catalogue_text
from training.worlds.lockin_truth import true_log_ratio, watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.features import Floats
    from models.lockin import Effect

    Plan = tuple[str, int, int, int]

CUSTOMERS, MONTHS = 12_000, 18
PROCESSES = 2
OPEN = ("base", "no-signal", "sleeping-dogs", "price-rise", "ignored-ranks")
NIL = ("hidden", "no-effect")


@dataclass(frozen=True)
class Judged:
    """One product of one world: what was estimated and what is true, both ln(hazard ratio)."""

    effect: Effect
    true: float
    pull: float

    @property
    def raw(self) -> float:
        assert self.effect.evidence is not None
        return float(np.log(self.effect.evidence.adjusted.ratio))

    @property
    def covered(self) -> bool:
        assert self.effect.evidence is not None
        found = self.effect.evidence.adjusted
        return bool(found.low <= np.exp(self.true) <= found.high)


def judged(world: str, seed: int, customers: int = CUSTOMERS, months: int = MONTHS) -> list[Judged]:
    """The products of a world whose lock-in was estimated, by what the job reads."""
    play = watched(world, seed, customers, months)
    catalogue = load_catalogue(catalogue_text())
    with tempfile.TemporaryDirectory() as folder:
        write_tables(play.play, Path(folder))
        tables = read_tables(Path(folder), goods.IDS)
        panel = months_of(tables, read_talks(journal_parts(Path(folder))), None)
        assert panel is not None
        table = lockin_of(panel, goods.IDS, catalogue, Path(folder), seed).table
    effect = play.play.setting.goods.effect
    return [
        Judged(found, true_log_ratio(play, panel, product), float(effect[product]))
        for product, found in enumerate(table.effects)
        if goods.JUDGED[product] and found.evidence is not None
    ]


def measure() -> list[dict[str, Any]]:
    """Bar 1 of the laboratory; every world's figures beside it. A line is printed for each world as it is done."""
    seeds = _seeds(os.environ.get("BEHOUD_LOCKIN_SEEDS", "0-3"))
    customers, months = map(int, os.environ.get("BEHOUD_LOCKIN_SIZE", f"{CUSTOMERS},{MONTHS}").split(","))
    found = _played([(world, seed, customers, months) for seed in seeds for world in (*OPEN, *NIL)])
    hidden, nothing = (found[world] for world in NIL)
    return [
        *_bars([pair for world in OPEN for pair in found[world]]),
        *(line for world in (*OPEN, *NIL) for line in _figures(world, found[world])),
        *_refused("hidden: nil effects of grade A or B", [pair for pair in hidden if pair.pull == 0.0], 0.2),
        *_refused("no-effect: products of a value", nothing, 0.05),
    ]


def _played(plans: Sequence[Plan]) -> dict[str, list[Judged]]:
    """World -> pairs, in order of the plans. Two processes: a play is hard to spread over more."""
    began = time.monotonic()
    pairs: dict[Plan, list[Judged]] = {}
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(judged, *plan): plan for plan in plans}
        for done in as_completed(running):
            plan = running[done]
            pairs[plan] = done.result()
            counted = sum(pair.effect.grade != "C" for pair in pairs[plan])
            print(
                f"    {len(pairs)} of {len(plans)}: {plan[0]}, seed {plan[1]}: {len(pairs[plan])} products, {counted} count; "
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )
    return {world: [p for plan in plans if plan[0] == world for p in pairs[plan]] for world in (*OPEN, *NIL)}


def _bars(pairs: Sequence[Judged]) -> list[dict[str, Any]]:
    """Of the worlds without hidden reasons."""
    raw, true, served, _ = _logs(pairs)
    covered, size = float(np.mean([pair.covered for pair in pairs])), float(np.abs(true).mean())
    bias, before, after = float(np.abs(np.mean(raw - true)) / size), _rmse(raw - true), _rmse(served - true)
    n = f"of {len(pairs)} product-worlds"
    return [
        row("lock-in: intervals that cover", covered, n, "90-98 %", holds=0.9 <= covered <= 0.98),
        row("lock-in: |bias| / mean |effect|", bias, f"effect {size:.3f} on ln", "<= .1", holds=bias <= 0.1),
        row("lock-in: RMSE shrunk", after, f"unshrunk {before:.3f}", "< raw", holds=after < before),
    ]


def _figures(world: str, pairs: Sequence[Judged]) -> list[dict[str, Any]]:
    raw, true, served, naive = _logs(pairs)
    graded = [pair for pair in pairs if pair.effect.grade != "C"]
    right = [pair for pair in graded if np.sign(pair.effect.log_ratio) == -np.sign(pair.pull)]
    n, ln = f"of {len(pairs)} product-worlds", "ln hazard ratio"
    covered = float(np.mean([pair.covered for pair in pairs]))
    values = {
        "intervals that cover": (covered, n),
        "mean |effect|": (float(np.abs(true).mean()), ln),
        "bias": (float(np.mean(raw - true)), ln),
        "bias of the naive one": (float(np.mean(naive - true)), ln),
        "RMSE naive": (_rmse(naive - true), ln),
        "RMSE unshrunk": (_rmse(raw - true), ln),
        "RMSE shrunk": (_rmse(served - true), ln),
        "RMSE of what counts": (
            _rmse(np.where([pair.effect.grade != "C" for pair in pairs], served, 0.0) - true),
            f"{_rmse(true):.3f} if nothing did",
        ),
        "graded A or B": (float(len(graded)), n),
        "of these, of the right sign": (float(len(right)), f"of {len(graded)}"),
    }
    return [row(f"{world} lock-in: {name}", value, unit, "", None) for name, (value, unit) in values.items()]


def _logs(pairs: Sequence[Judged]) -> tuple[Floats, Floats, Floats, Floats]:
    """ln(hazard ratio) of each: unshrunk, true, served, naive."""
    naive = [np.log(pair.effect.evidence.naive.ratio) for pair in pairs if pair.effect.evidence]
    columns = ([pair.raw for pair in pairs], [pair.true for pair in pairs], [pair.effect.log_ratio for pair in pairs], naive)  # fmt: skip
    raw, true, served, plain = (np.array(column, dtype=np.float64) for column in columns)
    return raw, true, served, plain


def _rmse(off: Floats) -> float:
    return float(np.sqrt(np.mean(off**2)))


def _refused(name: str, pairs: Sequence[Judged], bar: float) -> list[dict[str, Any]]:
    counted = sum(pair.effect.grade != "C" for pair in pairs) / max(len(pairs), 1)
    return [row(name, counted, f"of {len(pairs)} product-worlds", f"<= {bar:g}", holds=counted <= bar)]


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
