"""Before the start: how many units a minimal effect needs, and which effect a number of units can show.

Two-sided t-test of a difference of two means with one variance; exact, by the noncentral t. The variance is that of one unit: of the
influences of a ratio, and what CUPED leaves of it, (1 - R²) times as much.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from scipy.optimize import brentq
from scipy.stats import nct, norm
from scipy.stats import t as student

from training.evaluation.confidence_sequence import times_error

if TYPE_CHECKING:
    from collections.abc import Callable

POWER: Final = 0.8
ALPHA: Final = 0.05
MOST: Final = 1e12


def power(effect: float, n: float, variance: float, *, ratio: float = 1.0, alpha: float = ALPHA) -> float:
    """The chance to find `effect` with n units in the control and ratio·n in the treatment."""
    error = sqrt(variance * (1.0 + 1.0 / ratio) / n)
    freedom = n * (1.0 + ratio) - 2.0
    reach, shift = student.ppf(1.0 - alpha / 2.0, freedom), abs(effect) / error
    return float(nct.sf(reach, freedom, shift) + nct.cdf(-reach, freedom, shift))


def power_any_time(effect: float, n: float, variance: float, *, alpha: float = ALPHA) -> float:
    """The chance that the confidence sequence, tightest at 2·n units, excludes 0 by then: at least what it is at that moment. Equal arms."""
    error = sqrt(2.0 * variance / n)
    return float(norm.sf(times_error(2.0 * n, alpha, 2.0 * n) - abs(effect) / error))


def units_needed(
    effect: float, variance: float, *, ratio: float = 1.0, alpha: float = ALPHA, wanted: float = POWER
) -> float:
    """N in the control (ratio·n in the treatment), to be rounded up, that finds `effect` with the `wanted` power.

    Raises:
        ValueError: an effect of 0 is never found, or a variance that is not above 0 hides none; or no number of units will do.
    """
    _check(effect, variance)
    return _least(lambda n: power(effect, n, variance, ratio=ratio, alpha=alpha) - wanted, 2.0)


def units_needed_any_time(
    effect: float, variance: float, *, alpha: float = ALPHA, wanted: float = POWER
) -> float:
    """The same in each of two equal arms when the confidence sequence decides.

    Raises:
        ValueError: as `units_needed`.
    """
    _check(effect, variance)
    return _least(lambda n: power_any_time(effect, n, variance, alpha=alpha) - wanted, 2.0)


def least_effect(
    n: float, variance: float, *, ratio: float = 1.0, alpha: float = ALPHA, wanted: float = POWER
) -> float:
    """The effect that n units in the control and ratio·n in the treatment find with the `wanted` power.

    Raises:
        ValueError: fewer than two units, or a variance that is not above 0.
    """
    if n < 2.0:
        raise ValueError("power: two units or more in the control")
    _check(1.0, variance)
    error = sqrt(variance * (1.0 + 1.0 / ratio) / n)
    shift = _least(lambda some: power(some * error, n, variance, ratio=ratio, alpha=alpha) - wanted, 1e-6)
    return shift * error


def _check(effect: float, variance: float) -> None:
    if effect == 0.0 or variance <= 0.0:
        raise ValueError("power: give an effect that is not 0 and a variance above 0")


def _least(lacking: Callable[[float], float], low: float) -> float:
    """Where what grows with its argument reaches 0, from `low` up."""
    if lacking(low) >= 0.0:
        return low
    high = 2.0 * low
    while lacking(high) < 0.0 and high < MOST:
        high *= 2.0
    if lacking(high) < 0.0:
        raise ValueError(f"power: more than {MOST:.0g} units would be needed; look for a larger effect")
    return float(brentq(lacking, high / 2.0, high, xtol=1e-9, rtol=1e-12))
