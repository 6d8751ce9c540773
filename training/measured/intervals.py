"""Figures with n and a 95 % interval: shares, differences of shares, means over customers; and how they are written."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import norm

from training.evaluation.bootstrap import paired

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Indices

LEVEL = 0.95
SEED = 0


class Estimate(NamedTuple):
    """A figure, the interval it lies in, and how many it was counted on."""

    value: float
    low: float
    high: float
    n: int


def share(yes: int, n: int, level: float = LEVEL) -> Estimate:
    """Wilson's interval (1927), which stays within 0 and 1 and is no point where all or none said yes.

    Raises:
        ValueError: n is not above 0, or more said yes than there were.
    """
    if not 0 <= yes <= n or n == 0:
        raise ValueError(f"share: {yes} of {n}: give at least one, and no more than there are")
    low, high = _wilson(yes / n, n, level)
    return Estimate(yes / n, low, high, n)


def share_over(yes: Floats, customers: Indices, level: float = LEVEL) -> Estimate:
    """The share of `yes` (n,) of 0 and 1 over rows of which a customer may have several, which stand or fall together.

    Wilson's interval at the effective number of rows (Korn and Graubard 1998): n·p(1-p)/(n²·var), with the variance of the sums of
    customers; the number of customers where all or none said yes. So it is no point, and with a row a customer it is `share`.
    """
    p, n = float(yes.mean()), len(yes)
    people, index = np.unique(customers, return_inverse=True)
    sums = np.bincount(index, yes - p)
    spread = float(sums @ sums) / n**2
    effective = min(float(n), p * (1.0 - p) / spread) if spread > 0.0 else float(len(people))
    low, high = _wilson(p, effective, level)
    return Estimate(p, low, high, n)


def _wilson(p: float, n: float, level: float) -> tuple[float, float]:
    z = float(norm.ppf(0.5 + level / 2.0))
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return min(max(0.0, middle - reach), p), max(min(1.0, middle + reach), p)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """One share minus another of other customers: Newcombe's interval (1998, method 10) from the two Wilson intervals; n is the smaller one."""
    value = one.value - other.value
    below = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    above = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Estimate(value, value - below, value + above, min(one.n, other.n))


def mean(values: Floats, customers: Indices | None = None) -> Estimate:
    """The mean of `values` (n,), one at least; the interval draws customers again, 1,000 times from a fixed seed, with all that is theirs."""
    units = np.arange(len(values)) if customers is None else customers
    found = paired(values, np.ones(len(values)), units, SEED)
    return Estimate(found.mean, found.low, found.high, len(values))


def percent(value: float, digits: int = 1) -> str:
    """4.2 %, with a space that does not break."""
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def percents(found: Estimate, digits: int = 1) -> str:
    """4.2 % [3.9, 4.6]."""
    return f"{percent(found.value, digits)} {between(found, digits, 100.0)}"


def between(found: Estimate, digits: int = 1, times: float = 1.0) -> str:
    """[3.9, 4.6]."""
    return f"[{times * found.low:.{digits}f}, {times * found.high:.{digits}f}]".replace(
        " ", "\N{NO-BREAK SPACE}"
    )


def number(found: Estimate, digits: int = 2) -> str:
    """1.23 [1.19, 1.27], thousands apart."""
    return f"{found.value:,.{digits}f} [{found.low:,.{digits}f},\N{NO-BREAK SPACE}{found.high:,.{digits}f}]"
