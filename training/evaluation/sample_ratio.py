"""Whether the arms hold as many as chance should have given them: the check that comes before every result of an experiment.

Pearson's chi-square against the planned shares. A p below .001 says that units were lost or put aside in one arm and not in the other
(Fabijan et al. 2019): whoever is left is no longer comparable, whatever the figures say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import chi2

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_P: Final = 0.001


@dataclass(frozen=True)
class SampleRatio:
    """Units counted and expected in each arm, (arms,) each, and the chance of being so far off or further when nothing is wrong."""

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    p: float

    @property
    def mismatch(self) -> bool:
        """Whether results are to be withheld."""
        return self.p < LEAST_P


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """`counts` against `shares`, which need not add up to 1. Nobody in any arm is no mismatch.

    Raises:
        ValueError: fewer than two arms, not as many shares, or a share that is not above 0.
    """
    seen, planned = np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    if len(seen) < 2 or len(seen) != len(planned) or not (planned > 0.0).all():
        raise ValueError("sample ratio: give two arms or more, and a share above 0 for each of them")
    expected = seen.sum() * planned / planned.sum()
    off = float(((seen - expected) ** 2 / np.maximum(expected, 1e-300)).sum())
    return SampleRatio(
        tuple(int(count) for count in counts),
        tuple(expected.tolist()),
        float(chi2.sf(off, len(seen) - 1)),
    )
