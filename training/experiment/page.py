"""An analysis as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.experiment.analysis import ASSIGNED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from training.evaluation.difference import Difference
    from training.experiment.analysis import Analysis, Result
    from training.experiment.measures import Measure

HEADS = ("measure", "arm", "n", "control", "estimate", "interval, one look", "any look", "p", "p any look", "CUPED", "finds")  # fmt: skip
POPULATIONS = {
    ASSIGNED: "All assigned (intention to treat)",
    "exposed": "Exposed: something was spoken or shown to them",
}


def page(name: str, analysis: Analysis, measures: Sequence[Measure]) -> str:
    """The whole text."""
    return "\n".join(_lines(name, analysis, measures))


def _lines(name: str, analysis: Analysis, measures: Sequence[Measure]) -> Iterator[str]:
    design = analysis.design
    yield f"Experiment {name}: {', '.join(analysis.arms[1:])} against {design.control}, primary measure {design.primary}"
    for what, ratio in (("assigned", analysis.ratio), ("exposed", analysis.exposed_ratio)):
        counted = ", ".join(
            f"{arm} {count:,} (expected {expected:,.0f})"
            for arm, count, expected in zip(analysis.arms, ratio.counts, ratio.expected, strict=True)
        )
        yield f"{what}: {counted}; sample ratio p = {ratio.p:.3g}"
    yield from analysis.notes
    for population, title in POPULATIONS.items():
        rows = [one for one in analysis.results if one.population == population]
        if rows:
            yield ""
            yield title
            yield from _table([HEADS, *(_cells(one, design.primary) for one in rows)])
    if analysis.results:
        yield ""
        yield from _legend(analysis, measures)


def _cells(one: Result, primary: str) -> tuple[str, ...]:
    name = f"{one.measure} *" if one.measure == primary else one.measure
    if one.found is None:
        return (
            name,
            one.arm,
            "withheld" if one.lopsided else "too few",
            *("" for _ in HEADS[3:]),
        )
    return (name, one.arm, *_figures(one.found), "" if one.least is None else _number(one.least))


def _figures(found: Difference) -> tuple[str, ...]:
    return (
        f"{found.n_control + found.n_treatment:,}",
        _number(found.control),
        f"{found.estimate:+.4g}",
        f"[{_number(found.low)}, {_number(found.high)}]",
        f"[{_number(found.any_low)}, {_number(found.any_high)}]",
        f"{found.p:.3g}",
        f"{found.p_any_time:.3g}",
        "" if found.reduction is None else f"{100.0 * found.reduction:.0f} %",
    )


def _number(value: float) -> str:
    return f"{value:.4g}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        left = "  ".join(cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        right = "  ".join(cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        yield f"  {left}  {right}".rstrip()


def _legend(analysis: Analysis, measures: Sequence[Measure]) -> Iterator[str]:
    told = {one.measure for one in analysis.results}
    for one in measures:
        if one.name in told:
            yield f"{one.name} ({one.unit}): {one.definition}."
    unknown = {
        one.measure: one.unknown
        for one in analysis.results
        if one.unknown and one.population == ASSIGNED and one.arm == analysis.arms[1]
    }
    if unknown:
        yield (
            "Not known (yet), and left out: "
            + ", ".join(f"{name} {n:,}" for name, n in unknown.items())
            + "."
        )
    if any(one.lopsided for one in analysis.results):
        yield "Withheld: of whom the outcome is known depends on the arm (sample ratio of those alone, p < .001)."
    yield f"* decides; the other measures are told beside it, without a claim. Estimates are arm less control, with {100 * analysis.level:.4g} % intervals."
    yield "'One look' holds at an end fixed before the start; 'any look' holds at every look, whenever one stops."
    yield "CUPED: the share of the variance that margin and contacts before the assignment took away. finds: the difference found four times in five."
