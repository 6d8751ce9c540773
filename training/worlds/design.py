"""Facts and holdings as the columns of a regression: standardised as history had them, regions apart, a missing fact the mean and a flag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.people import REGIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.simulator.laboratory.luck import Flags, Floats
    from training.simulator.laboratory.records import Seen

REGION = "region"


@dataclass(frozen=True)
class Design:
    """name -> (mean, deviation) of the facts that vary, and the names of those that may be missing."""

    scale: Mapping[str, tuple[float, float]]
    gaps: tuple[str, ...]

    def columns(self, facts: Mapping[str, Floats], held: Flags) -> Floats:
        """(n, d): ones, facts, gaps, regions, holdings."""
        n = len(held)
        numbers = [
            np.nan_to_num((facts[name] - mean) / deviation) for name, (mean, deviation) in self.scale.items()
        ]
        unknown = [np.isnan(facts[name]).astype(np.float64) for name in self.gaps]
        regions = np.eye(len(REGIONS))[facts[REGION].astype(np.int64)]
        return np.column_stack([np.ones(n), *numbers, *unknown, regions, held.astype(np.float64)])


def design_of(past: Sequence[Seen]) -> Design:
    """As the customers of these months had them."""
    scale, gaps = {}, []
    for name in past[0].facts:
        values = np.concatenate([seen.facts[name] for seen in past])
        known = values[np.isfinite(values)]
        if name != REGION and len(known) and known.std() > 0:
            scale[name] = (float(known.mean()), float(known.std()))
            if len(known) < len(values):
                gaps.append(name)
    return Design(scale, tuple(gaps))
