"""Means and ratios of means in one form: the figure of a sample, and what each unit adds to its error (delta method).

    R = sum(y) / sum(d)        psi_i = (y_i - R·d_i) / mean(d)        var(R) = var(psi) / n

A plain mean has d = 1 everywhere. A ratio such as "accepted of those spoken" is one of sums over units, whose numerator and denominator
vary together: treating every proposal as one observation would forget that a customer hears several (Deng, Knoblich and Lu 2018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from models.features import Floats


class Linearised(NamedTuple):
    """The figure, and (n,) influences that add up to 0."""

    value: float
    influence: Floats


def linearised(numerator: Floats, denominator: Floats | None = None) -> Linearised:
    """`numerator` (n,) over `denominator` (n,), or the mean of `numerator`.

    Raises:
        ValueError: nobody, or a denominator that adds up to 0: there is no such figure.
    """
    if not numerator.size:
        raise ValueError("a mean needs one unit or more")
    if denominator is None:
        value = float(numerator.mean())
        return Linearised(value, numerator - value)
    size = float(denominator.mean())
    if size == 0.0:
        raise ValueError("a ratio needs a denominator that does not add up to 0")
    value = float(numerator.mean()) / size
    return Linearised(value, (numerator - value * denominator) / size)
