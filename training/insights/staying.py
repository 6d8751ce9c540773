"""Who stays: cohorts, and what holding a product does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.insights import Figure
from training.insights.points import figure, missing, month_id, point
from training.measured.cohorts import cohorts_of
from training.measured.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.insights import Point
    from models.lockin import Effect
    from training.measured.given import Given

ALREADY = "already"


def cohorts(given: Given) -> Figure:
    """The share of a cohort still here so many months after its start; `mature` where that is known of all of it."""
    if given.spells is None:
        return missing("cohorts", "no_months")
    return figure(
        "cohorts",
        (
            point(
                ALREADY if one.already else month_id(one.first),
                str(cell.mark),
                cell.found,
                mature=cell.mature,
                until=month_id(one.last),
                started=float(one.n),
            )
            for one in cohorts_of(given.spells, given.last)
            for cell in one.cells
            if cell.found is not None
        ),
    )


def lock_in(given: Given) -> Figure:
    """Hazard ratios of holding a product: naive beside adjusted beside what counts, with the grade."""
    effects = sorted(given.bundle.lockin.effects, key=lambda one: (one.grade, one.hazard_ratio, one.product_id))  # fmt: skip
    told = [one for one in effects if one.evidence is not None or one.grade != "C"]
    return figure("lock_in", (found for effect in told for found in _ratios(effect)), "no_model")


def _ratios(effect: Effect) -> Iterator[Point]:
    evidence = effect.evidence
    n = 0 if evidence is None else evidence.taken
    about: dict[str, str | float] = {"grade": effect.grade}
    if evidence is not None:
        about["others"] = float(evidence.controls)
        for name, ratio in (("naive", evidence.naive), ("adjusted", evidence.adjusted)):
            if ratio is not None:
                found = Estimate(ratio.ratio, ratio.low, ratio.high, n)
                yield point(name, effect.product_id, found, **about)
    if effect.grade != "C":
        served = Estimate(effect.hazard_ratio, effect.low, effect.high, n)
        yield point("counts", effect.product_id, served, **about)
