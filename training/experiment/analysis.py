"""What the table of an experiment shows: the sample ratio first; nothing else when it is off. Then each measure, of all assigned and of those exposed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.evaluation.confidence_sequence import PLANNED
from training.evaluation.difference import LEVEL, Difference, Outcomes, difference
from training.evaluation.power import least_effect
from training.evaluation.sample_ratio import SampleRatio, sample_ratio
from training.experiment.measures import BEFORE, OF, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

ASSIGNED, EXPOSED = "assigned", "exposed"
"""Intention to treat, and those to whom something was spoken or shown."""
FEW_CLUSTERS: Final = 30
"""Below so many the errors of clusters are known to come out too small."""


@dataclass(frozen=True)
class Design:
    """How an experiment is to be read.

    `shares`: arm -> units planned for it, in any unit. `planned`: units at which the confidence sequence is tightest, chosen before the start.
    `by_agent`: the customers of an agent stand or fall together.
    """

    primary: str
    control: str
    shares: Mapping[str, float]
    planned: float = PLANNED
    by_agent: bool = False


@dataclass(frozen=True)
class Result:
    """One measure in one arm against the control. `found`: None where too few units are known; `unknown`: units whose outcome is not known (yet).

    `least`: the difference that so many units find four times in five. `lopsided`: whose outcome is known depends on the arm, so nothing is told of it.
    """

    measure: str
    population: str
    arm: str
    found: Difference | None
    unknown: int
    least: float | None
    lopsided: bool = False


@dataclass(frozen=True)
class Analysis:
    """`arms`: control first. `results` are empty when the sample ratio is off; those of the exposed when that of the exposed is."""

    design: Design
    arms: tuple[str, ...]
    ratio: SampleRatio
    exposed_ratio: SampleRatio
    mixed: int
    level: float
    results: tuple[Result, ...]
    notes: tuple[str, ...]


def analyse(units: pl.DataFrame, measures: Sequence[Measure], design: Design) -> Analysis:
    """The primary measure decides; all others are told beside it. With several arms besides the control each gets its part of 5 % (Bonferroni).

    Measures without a column in `units` are left out.
    """
    arms = (design.control, *sorted(arm for arm in design.shares if arm != design.control))
    shares = [design.shares[arm] for arm in arms]
    reached = units.filter(units["exposed_at"].is_not_null())
    ratio, exposed_ratio = (sample_ratio(_counts(table, arms), shares) for table in (units, reached))
    level = 1.0 - (1.0 - LEVEL) / (len(arms) - 1)
    populations = [] if ratio.mismatch else [(ASSIGNED, units)]
    if populations and not exposed_ratio.mismatch and len(reached):
        populations.append((EXPOSED, reached))
    results = [
        _result(table, measure, population, arm, design, level)
        for population, table in populations
        for measure in measures
        if measure.name in units.columns
        for arm in arms[1:]
    ]
    mixed = int(units["mixed"].sum())
    notes = _notes(units, ratio, exposed_ratio, mixed, design)
    return Analysis(design, arms, ratio, exposed_ratio, mixed, level, tuple(results), tuple(notes))


def outcomes_of(units: pl.DataFrame, measure: Measure, *, by_agent: bool = False) -> tuple[Outcomes, int]:
    """The units whose outcome is known, as arrays in their order, and of how many it is not."""
    known = units.filter(units[measure.name].is_not_null())
    covariates = [column for column in units.columns if column.startswith(BEFORE)]
    outcomes = Outcomes(
        numerator=known[measure.name].to_numpy(),
        denominator=known[measure.name + OF].to_numpy() if measure.ratio else None,
        covariates=known.select(covariates).to_numpy() if covariates else None,
        clusters=_clusters(known) if by_agent else None,
    )
    return outcomes, len(units) - len(known)


def _clusters(units: pl.DataFrame) -> Any:
    """A number for each agent; a unit no agent is named for is one by itself."""
    alone = units["cluster"].fill_null("") + "\0" + units["customer_id"]
    named = units["cluster"].zip_with(units["cluster"].is_not_null(), alone)
    return np.unique(named.to_numpy().astype(str), return_inverse=True)[1]


def _result(
    units: pl.DataFrame, measure: Measure, population: str, arm: str, design: Design, level: float
) -> Result:
    two = units.filter(units["arm"].is_in([design.control, arm]))
    outcomes, unknown = outcomes_of(two, measure, by_agent=design.by_agent)
    treated = two.filter(two[measure.name].is_not_null())["arm"].to_numpy() == arm
    known = [int((~treated).sum()), int(treated.sum())]
    if unknown and sample_ratio(known, [design.shares[design.control], design.shares[arm]]).mismatch:
        return Result(measure.name, population, arm, None, unknown, None, lopsided=True)
    found = difference(outcomes, treated, level=level, planned=design.planned)
    return Result(measure.name, population, arm, found, unknown, _least(found, level))


def _least(found: Difference | None, level: float) -> float | None:
    """From the error as it is: that of so many units with one variance."""
    if found is None or not 0.0 < found.error < np.inf:
        return None
    n, ratio = found.n_control, found.n_treatment / found.n_control
    variance = found.error**2 * n / (1.0 + 1.0 / ratio)
    return least_effect(n, variance, ratio=ratio, alpha=1.0 - level)


def _counts(units: pl.DataFrame, arms: Sequence[str]) -> list[int]:
    return [int((units["arm"] == arm).sum()) for arm in arms]


def _notes(
    units: pl.DataFrame, ratio: SampleRatio, exposed_ratio: SampleRatio, mixed: int, design: Design
) -> list[str]:
    notes = []
    if ratio.mismatch:
        notes.append(
            f"Sample ratio mismatch (p = {ratio.p:.2g} < .001): the arms do not hold what was planned, so who is in them differs by more than "
            "chance. Every result is withheld. Look for decisions that were lost or not made in one arm, or state the shares that were planned with --shares."
        )
    elif exposed_ratio.mismatch:
        notes.append(
            f"The arms differ in who was exposed (p = {exposed_ratio.p:.2g} < .001): comparing the exposed alone would compare different customers. "
            "Those results are withheld; the results of all assigned stand."
        )
    if mixed:
        notes.append(
            f"{mixed:,} customers met more than one arm and are counted in their first one: assignment was not sticky."
        )
    if design.by_agent and (agents := units["cluster"].drop_nulls().n_unique()) < FEW_CLUSTERS:
        notes.append(f"{agents:,} agents: with fewer than {FEW_CLUSTERS} the errors come out too small.")
    return notes


def as_json(analysis: Analysis, measures: Sequence[Measure]) -> dict[str, Any]:
    """Everything that is printed and more; what is not finite is null."""
    definitions = {one.name: {"unit": one.unit, "definition": one.definition} for one in measures}
    results = [
        {**asdict(one), "found": None if one.found is None else _finite(asdict(one.found)), "primary": one.measure == analysis.design.primary}
        for one in analysis.results
    ]  # fmt: skip
    return {
        "control": analysis.design.control,
        "primary": analysis.design.primary,
        "planned": analysis.design.planned,
        "level": analysis.level,
        "withheld": analysis.ratio.mismatch,
        "sample_ratio": _ratio(analysis.arms, analysis.ratio),
        "sample_ratio_exposed": _ratio(analysis.arms, analysis.exposed_ratio),
        "mixed": analysis.mixed,
        "measures": definitions,
        "results": results,
        "notes": list(analysis.notes),
    }


def _ratio(arms: Sequence[str], ratio: SampleRatio) -> dict[str, Any]:
    counted = zip(arms, ratio.counts, ratio.expected, strict=True)
    return {
        "arms": [{"arm": arm, "units": count, "expected": expected} for arm, count, expected in counted],
        "p": ratio.p,
    }


def _finite(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if value is not None and np.isfinite(value) else None for name, value in figures.items()
    }
