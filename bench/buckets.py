"""Are customers dealt evenly and anew at every salt? A million ids at twenty salts, holdouts and experiments alike.

Uniform: chi-square over a hundred buckets at each salt. Independent: chi-square over ten by ten buckets of each pair of salts. Both
against their known distribution, Bonferroni over all of them. `flags` are the places that flagd's rule `fractional` gives by
MurmurHash3, salted with the flag's name.
"""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING, Any

import cbor2
import mmh3
import numpy as np
from scipy.stats import chi2

from models.buckets import bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Shares = npt.NDArray[np.float32]

IDS = int(os.environ.get("BUCKETS_IDS", "1000000"))
SALTS = int(os.environ.get("BUCKETS_SALTS", "20"))
LEVEL = 0.05
UNIFORM, EACH = 100, 10
"""Buckets of one salt, and of each of a pair."""


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}."""
    return [*rows("holdouts", bucket), *rows("flags", flagd)]


def flagd(salt: str, customer_id: str) -> float:
    """Where on the line of shares flagd's `fractional` puts him at the flag with this name."""
    return float(mmh3.hash(cbor2.dumps([salt, customer_id], canonical=True), signed=False)) / 2.0**32


def rows(
    name: str, of: Callable[[str, str], float], ids: int = IDS, salts: int = SALTS
) -> list[dict[str, Any]]:
    """Of `of(salt, id)`: the smallest p of either kind, times the number of tests."""
    shares = [shares_of(of, f"experiment-{number}", ids) for number in range(salts)]
    alone = [p_uniform(each) for each in shares]
    pairs = [p_independent(one, other) for one, other in combinations(shares, 2)]
    tests = len(alone) + len(pairs)
    return [
        {
            "name": f"buckets.{name}.{kind}",
            "value": round(min(1.0, min(found) * tests), 4),
            "unit": f"smallest p of {len(found)}, x {tests}",
            "bar": f">= {LEVEL}",
            "holds": min(found) * tests >= LEVEL,
        }
        for kind, found in (("uniform", alone), ("independent", pairs))
    ]


def shares_of(of: Callable[[str, str], float], salt: str, ids: int) -> Shares:
    """(ids,) numbers in [0, 1) of customers C-0, C-1 and so on: ids that are as alike as ids get."""
    return np.fromiter((of(salt, f"C-{number}") for number in range(ids)), dtype=np.float32, count=ids)


def p_uniform(shares: Shares) -> float:
    counts = np.bincount((shares * UNIFORM).astype(np.int64).clip(max=UNIFORM - 1), minlength=UNIFORM)
    return _p(counts, UNIFORM - 1)


def p_independent(one: Shares, other: Shares) -> float:
    """Of both being uniform and saying nothing of each other."""
    rows, columns = ((each * EACH).astype(np.int64).clip(max=EACH - 1) for each in (one, other))
    return _p(np.bincount(rows * EACH + columns, minlength=EACH * EACH), EACH * EACH - 1)


def _p(counts: npt.NDArray[np.int64], freedom: int) -> float:
    expected = counts.sum() / len(counts)
    return float(chi2.sf(((counts - expected) ** 2 / expected).sum(), freedom))
