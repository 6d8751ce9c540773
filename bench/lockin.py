"""The bars of lock-in: what is estimated from the tables of worlds, against what is true in them.

Seeds by the environment: BEHOUD_LOCKIN_SEEDS, as 100-116 (17 worlds of twelve judged products are 200 pairs); 0 to 4 otherwise.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
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

    from models.lockin import Effect

CUSTOMERS, MONTHS = 12_000, 18
OPEN, NIL = "base", ("hidden", "no-effect")


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
    """Bar 1 of the fifth issue; grades beside it."""
    seeds = _seeds(os.environ.get("BEHOUD_LOCKIN_SEEDS", "0-4"))
    known = [pair for seed in seeds for pair in judged(OPEN, seed)]
    hidden, nothing = ([pair for seed in seeds for pair in judged(world, seed)] for world in NIL)
    nil = [pair for pair in hidden if pair.pull == 0.0]
    return [
        *_open(known),
        *_refused("hidden: nil effects graded A or B", nil, 0.2),
        *_refused("no-effect: products of a value", nothing, 0.05),
    ]


def _open(pairs: Sequence[Judged]) -> list[dict[str, Any]]:
    raw = np.array([pair.raw for pair in pairs])
    true = np.array([pair.true for pair in pairs])
    served = np.array([pair.effect.log_ratio for pair in pairs])
    naive = np.array([np.log(pair.effect.evidence.naive.ratio) for pair in pairs if pair.effect.evidence])
    covered = float(np.mean([pair.covered for pair in pairs]))
    size = float(np.abs(true).mean())
    bias, wrong = (np.abs(np.mean(found - true)) / size for found in (raw, naive))
    before, after, at_first = (float(np.sqrt(np.mean((x - true) ** 2))) for x in (raw, served, naive))
    n = f"of {len(pairs)} product-worlds"
    graded = [pair for pair in pairs if pair.effect.grade != "C"]
    right = [pair for pair in graded if np.sign(pair.effect.log_ratio) == -np.sign(pair.pull)]
    return [
        row("lock-in: intervals that cover", covered, n, "90-98 %", holds=0.9 <= covered <= 0.98),
        row(
            "lock-in: |bias| / mean |effect|",
            float(bias),
            f"effect {size:.3f} on ln",
            "<= .1",
            holds=bool(bias <= 0.1),
        ),
        row("lock-in: |bias| of the naive one", float(wrong), "as above", "", None),
        row("lock-in: RMSE naive", at_first, "ln hazard ratio", "", None),
        row("lock-in: RMSE unshrunk", before, "ln hazard ratio", "", None),
        row("lock-in: RMSE shrunk", after, "ln hazard ratio", "< raw", holds=after < before),
        row("lock-in: graded A or B", len(graded) / len(pairs), n, "", None),
        row(
            "lock-in: of these, of the right sign",
            len(right) / max(len(graded), 1),
            f"of {len(graded)}",
            "",
            None,
        ),
    ]


def _refused(name: str, pairs: Sequence[Judged], bar: float) -> list[dict[str, Any]]:
    counted = sum(pair.effect.grade != "C" for pair in pairs) / max(len(pairs), 1)
    return [row(name, counted, f"of {len(pairs)} product-worlds", f"<= {bar:g}", holds=counted <= bar)]


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
