"""How long what each fact says lasts: read off the same customers some months later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.fading import Fading

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from models.churn import ChurnModel
    from models.features import Floats
    from training.fit.churn_rows import ChurnRows

LONGEST = 12
"""Months apart at most: what is still there after a year is taken for a trait."""
PAIRS_NEEDED = 500
MOST_ROWS = 60_000
"""Of customers drawn at random, all their months."""
LEAVES = np.linspace(0.0, 0.98, 50)


def fit_fading(model: ChurnModel, rows: ChurnRows, clocks: Collection[str], seed: int) -> Fading | None:
    """The fading of the model's facts; None when nobody was seen twice. `clocks` run by themselves and do not fade.

    The regression of a contribution on what it was k months before, without a constant (both are against the average), gives r(k) for
    every k; s and q of s + (1 - s)·q^k are those of the least squares, each k counting by its pairs.
    """
    rows = _some(rows, seed)
    parts = model.contribution_table(rows.facts, len(rows.churned))
    runs = np.array([block.fact in clocks for block in model.encoder.blocks], dtype=np.bool_)
    moving = ~runs & (parts.var(axis=0) > 0.0)
    found = [(months, *_pairs(rows, months)) for months in range(1, LONGEST + 1)]
    found = [(months, now, then) for months, now, then in found if now.size >= PAIRS_NEEDED]
    if not found or not moving.any():
        return None
    lasts, leaves = np.ones(len(moving)), np.zeros(len(moving))
    ahead = np.array([months for months, _, _ in found], dtype=np.float64)
    count = np.array([now.size for _, now, _ in found], dtype=np.float64)
    for fact in np.flatnonzero(moving):
        part = parts[:, fact]
        kept = [part[now] @ part[then] / max(float(part[now] @ part[now]), 1e-12) for _, now, then in found]
        lasts[fact], leaves[fact] = _curve(ahead, np.array(kept), count)
    return Fading(lasts, leaves, np.where(moving, parts.var(axis=0), 0.0))


def _curve(ahead: Floats, kept: Floats, count: Floats) -> tuple[float, float]:
    """(s, q): s in closed form for each q, the best q of a grid. A q of 0 with s = 1 is what never changes."""
    fades = LEAVES[:, None] ** ahead
    room = ((1.0 - fades) ** 2) @ count
    lasts = np.clip(((kept - fades) * (1.0 - fades)) @ count / room, 0.0, 1.0)
    miss = (lasts[:, None] + (1.0 - lasts[:, None]) * fades - kept) ** 2 @ count
    best = int(miss.argmin())
    return float(lasts[best]), float(LEAVES[best])


def _some(rows: ChurnRows, seed: int) -> ChurnRows:
    if len(rows.churned) <= MOST_ROWS:
        return rows
    known, codes = np.unique(rows.customers, return_inverse=True)
    order = np.random.default_rng(seed).permutation(known.size)
    return rows.take(np.flatnonzero(order[codes] < known.size * MOST_ROWS / len(rows.churned)))


def _pairs(rows: ChurnRows, months: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows of the same customer so many months apart: (earlier, later)."""
    key = rows.customers * (int(np.ptp(rows.months)) + LONGEST + 1) + rows.months - rows.months.min()
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], key + months)
    later = order[np.minimum(place, len(order) - 1)]
    there = key[later] == key + months
    return np.flatnonzero(there), later[there]
