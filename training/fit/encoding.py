"""Fit the encoder of facts: knots and levels are taken from training rows and from nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from models.features import Category, Encoder, Numeric, level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEEN_OFTEN_ENOUGH = 20
"""A level seen less often than this has no column of its own: its weight would be noise."""

NUMERIC = frozenset({"number", "integer"})


def fit_encoder(columns: Mapping[str, Sequence[Any]], kinds: Mapping[str, str], knots: int = 8) -> Encoder:
    """The encoder for the facts in `kinds` (fact -> number, integer, string, boolean or date), in that order.

    Numbers get up to `knots` knots at evenly spaced quantiles of the training rows, smallest and largest included;
    categories the levels seen at least twenty times, in order of name. Left out: facts that are absent or never
    filled, categories without a frequent level, and dates, which only ever move out of the range that was seen: a
    clock fact in months says the same and comes back.
    """
    blocks = (_block(fact, columns[fact], kind, knots) for fact, kind in kinds.items() if fact in columns)
    return Encoder(tuple(block for block in blocks if block is not None))


def _block(fact: str, column: Sequence[Any], kind: str, knots: int) -> Numeric | Category | None:
    if kind in NUMERIC:
        return _numeric(fact, column, knots)
    if kind == "date":
        return None
    if kind == "boolean":
        filled = any(value is not None for value in column)
        return Category(fact, ("false", "true")) if filled else None
    seen = Counter(column)
    often = tuple(
        sorted(
            level(value) for value, count in seen.items() if value is not None and count >= SEEN_OFTEN_ENOUGH
        )
    )
    return Category(fact, often) if often else None


def _numeric(fact: str, column: Sequence[Any], knots: int) -> Numeric | None:
    numbers = np.asarray(column, dtype=np.float64)  # None becomes NaN
    numbers = numbers[~np.isnan(numbers)]
    if not numbers.size:
        return None
    # 'linear' quantiles of integers fall between them; that is fine for knots, ties collapse.
    at = np.unique(np.quantile(numbers, np.linspace(0.0, 1.0, knots)))
    return Numeric(fact, tuple(float(knot) for knot in at))
