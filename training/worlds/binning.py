"""Predictors in bins: numbers in five of equal mass as history had them, a missing one in a bin of its own, what is counted or named by value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.contacting import INTENTS
from training.simulator.laboratory.deeds import MOTIVES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.simulator.laboratory.luck import Flags, Floats, Ints
    from training.simulator.laboratory.records import Seen

QUANTILES = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Binning:
    """name -> edges (e,) of the facts: a value at an edge falls above it. Each has e + 1 bins and one for missing."""

    edges: Mapping[str, Floats]
    products: int

    @property
    def counts(self) -> Ints:
        """(predictors,) bins of each fact, of each product (not held, held), of the intent and of the motive (none told, then each)."""
        facts = [len(edge) + 2 for edge in self.edges.values()]
        return np.array([*facts, *[2] * self.products, len(INTENTS), 1 + len(MOTIVES)])

    @property
    def bins(self) -> Ints:
        """(cells,) how many bins the predictor of each cell has."""
        return np.repeat(self.counts, self.counts)

    def cells(self, facts: Mapping[str, Floats], held: Flags, intent: Ints, motive: Ints) -> Ints:
        """(n, predictors) numbered through all predictors."""
        codes = [
            np.where(np.isnan(facts[name]), len(edge) + 1, np.searchsorted(edge, facts[name], side="right"))
            for name, edge in self.edges.items()
        ]
        counts = self.counts
        first = np.cumsum(counts) - counts
        return np.asarray(np.column_stack([*codes, held.astype(np.int64), intent, motive + 1]) + first)


def binning_of(past: Sequence[Seen]) -> Binning:
    """Of the facts as customers had them in these months."""
    edges = {}
    for name in past[0].facts:
        values = np.concatenate([seen.facts[name] for seen in past])
        known = values[np.isfinite(values)]
        cuts = np.unique(np.quantile(known, QUANTILES)) if len(known) else np.zeros(0)
        edges[name] = cuts[cuts > known.min(initial=np.inf)]
    return Binning(edges, past[0].held.shape[1])
