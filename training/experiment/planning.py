"""Before the start: how many customers an arm a minimal effect needs, from how customers in contact have varied so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.cuped import filled, theta
from training.evaluation.linearised import linearised
from training.evaluation.power import least_effect, units_needed, units_needed_any_time
from training.experiment.analysis import outcomes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from training.evaluation.difference import Outcomes
    from training.experiment.measures import Measure


@dataclass(frozen=True)
class Spread:
    """A measure before the start: its figure over `n` customers, the variance of one of them, plain and after CUPED."""

    measure: str
    n: int
    value: float
    plain: float
    adjusted: float


@dataclass(frozen=True)
class Plan:
    """For `effect` of the primary measure, found four times in five: customers an arm without CUPED, with it, and when the confidence sequence decides.

    `least`: measure -> the difference that `with_cuped` customers an arm find four times in five.
    """

    primary: str
    effect: float
    without: int
    with_cuped: int
    any_time: int
    spreads: tuple[Spread, ...]
    least: dict[str, float]


def spread(measure: Measure, outcomes: Outcomes) -> Spread | None:
    """None where nobody's outcome is known, or nothing varies."""
    total = outcomes.denominator
    if len(outcomes.numerator) < 2 or (total is not None and not total.sum()):
        return None
    value, influence = linearised(outcomes.numerator, total)
    plain = float(influence.var(ddof=1))
    adjusted = plain
    if outcomes.covariates is not None:
        known = filled(outcomes.covariates)
        rest = influence - (known - known.mean(axis=0)) @ theta(influence, known)
        adjusted = float(rest.var(ddof=1))
    return None if adjusted <= 0.0 else Spread(measure.name, len(influence), value, plain, adjusted)


def plan(units: pl.DataFrame, measures: Sequence[Measure], primary: str, effect: float) -> Plan | None:
    """None where the primary measure of these `units`, in no arm yet, is not known or does not vary.

    Raises:
        ValueError: an effect of 0.
    """
    there = [one for one in measures if one.name in units.columns]
    spreads = [found for one in there if (found := spread(one, outcomes_of(units, one)[0])) is not None]
    first = next((one for one in spreads if one.measure == primary), None)
    if first is None:
        return None
    n = _up(units_needed(effect, first.adjusted))
    return Plan(
        primary=primary,
        effect=effect,
        without=_up(units_needed(effect, first.plain)),
        with_cuped=n,
        any_time=_up(units_needed_any_time(effect, first.adjusted)),
        spreads=tuple(spreads),
        least={one.measure: least_effect(n, one.adjusted) for one in spreads},
    )


def plan_lines(name: str, found: Plan) -> list[str]:
    """The plan as text."""
    lines = [
        f"Plan of {name}: to find a difference of {found.effect:g} in {found.primary} four times in five, at 5 %, in two equal arms",
        f"  {found.with_cuped:,} customers an arm with CUPED, {found.without:,} without",
        f"  {found.any_time:,} an arm when it may be looked at any time (--planned {2 * found.any_time})",
        f"With {found.with_cuped:,} an arm:",
    ]
    for one in found.spreads:
        cut = 100.0 * (1.0 - one.adjusted / one.plain)
        lines.append(
            f"  {one.measure}: {one.value:.4g} now, finds {found.least[one.measure]:.3g} (CUPED takes {cut:.0f} % of the variance; {one.n:,} customers)"
        )
    return lines


def plan_json(found: Plan) -> dict[str, Any]:
    """The plan as data."""
    spreads = [
        {"measure": one.measure, "n": one.n, "value": one.value, "variance": one.plain, "variance_with_cuped": one.adjusted, "least_effect": found.least[one.measure]}
        for one in found.spreads
    ]  # fmt: skip
    return {
        "primary": found.primary,
        "effect": found.effect,
        "units_an_arm": {"plain": found.without, "cuped": found.with_cuped, "any_time": found.any_time},
        "measures": spreads,
    }


def _up(units: float) -> int:
    return int(np.ceil(units))
