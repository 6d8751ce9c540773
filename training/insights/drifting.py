"""Whether the world is still the one that was learned: calibration over time, and how far the facts have moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from scipy.stats import chi2

from models.insights import MOST_LABELS, Figure, Level, Point, Slope
from training.fit.encoding import NUMERIC
from training.insights.points import (
    ALL,
    by_month,
    counted,
    figure,
    missing,
    month_id,
    point,
    share_over_customers,
)
from training.measured.calibration import slope
from training.measured.given import numbered
from training.measured.intervals import SEED, Estimate, share, share_over
from training.measured.watching import hazards_of, unobjected

if TYPE_CHECKING:
    from models.features import Floats
    from training.fit.examples import Indices
    from training.measured.given import Given
    from training.measured.watching import Watched

FEWEST = 20
"""Leavers, or yeses, that a slope needs."""
RECENT = 3
"""Months that an alarm on calibration looks at."""
BINS, DRAWS, HALF = 10, 500, 0.5
BY_LUCK = 0.001
REFERENCE = 12
"""Months before the last one that its facts are compared with."""


class Line(NamedTuple):
    """How the last months lie to what was foretold of them."""

    slope: Slope
    level: Level


def churn_calibration(given: Given, watched: Watched | None) -> tuple[Figure, Line | None]:
    """Left and foretold month by month, and the line of the last months."""
    model = given.bundle.churn
    if watched is None or model is None:
        return missing("churn_calibration", "no_months" if model is not None else "no_model"), None
    rows = unobjected(given, watched.rows)
    left, said = rows["churned"].cast(pl.Float64).to_numpy(), hazards_of(given, model, rows)
    months = rows["number"].to_numpy()
    points = []
    for month in np.unique(months).tolist():
        at = months == month
        points.append(point("left", month_id(month), share(int(left[at].sum()), int(at.sum()))))
        points.append(_foretold(month_id(month), said[at]))
    recent = months > given.last - RECENT
    people = rows["customer_id"].rank("dense").cast(pl.Int64).to_numpy()
    line = watched_line(left[recent], said[recent], people[recent])
    return figure("churn_calibration", points), line


def acceptance_calibration(given: Given, thought: pl.DataFrame) -> tuple[Figure, Line | None]:
    """Accepted and foretold month by month, of proposals heard whose chance was recorded."""
    if not given.parts:
        return missing("acceptance_calibration", "no_journal"), None
    heard = given.talks.spoken.filter("answered").join(thought, on=["decision_id", "action_id"])
    rows = heard.with_columns(yes=pl.col("accepted") & ~pl.col("withdrawn"))
    points = []
    for at, some in by_month(rows):
        if len(some) and at != ALL:
            points.append(counted("accepted", at, share_over_customers(some, pl.col("yes")), some))
            points.append(
                _foretold(at, some["p"].to_numpy(), customers=float(some["customer_id"].n_unique()))
            )
    last = rows.select(numbered("at").max()).item()
    recent = rows.filter(numbered("at") > last - RECENT) if last is not None else rows
    people = recent["customer_id"].rank("dense").cast(pl.Int64).to_numpy()
    line = watched_line(recent["yes"].cast(pl.Float64).to_numpy(), recent["p"].to_numpy(), people)
    return figure("acceptance_calibration", points), line


def _foretold(at: str, said: Floats, **about: float) -> Point:
    return Point(series="foretold", at=at, value=round(float(said.mean()), 6), n=len(said), about=dict(about))


def watched_line(labels: Floats, said: Floats, customers: Indices) -> Line | None:
    """Slope of the calibration line, and seen over foretold with the interval of what was seen; None where too few tell."""
    if min(labels.sum(), (1.0 - labels).sum()) < FEWEST or np.ptp(said) == 0.0:
        return None
    found, seen, mean = slope(labels, said), share_over(labels, customers), float(said.mean())
    value, low, high = (round(one / mean, 6) for one in seen[:3])
    return Line(
        Slope(value=round(found.value, 6), low=round(found.low, 6), high=round(found.high, 6), n=found.n),
        Level(value=value, low=low, high=high, n=found.n),
    )


class Counts(NamedTuple):
    """How many customers of the reference and of now lie in each bin, (B,) each; the last bin is of those of whom the fact is not known."""

    before: Floats
    now: Floats


def drift(given: Given) -> tuple[Figure, dict[str, float]]:
    """PSI by fact, the largest first: the last month of the table against the twelve before it."""
    customers = given.tables.customers
    if customers is None:
        return missing("drift", "no_months"), {}
    number = customers.select(numbered("month"))["month"]
    last = int(number.max())  # type: ignore[arg-type]  # polars types a maximum as any literal
    now = customers.filter(number == last)
    before = customers.filter((number < last) & (number >= last - REFERENCE))
    if not len(before):
        return missing("drift", "too_few"), {}
    found = []
    for fact, spec in given.tables.facts.items():
        if fact in customers.columns and not spec.clock:
            counts = binned(before[fact], now[fact], numeric=spec.type in NUMERIC)
            found.append((fact, one := psi(counts), _by_chance(counts), _is_sure(one, counts)))
    found.sort(key=lambda one: (-one[1].value, one[0]))
    moved = [(fact, round(one.value, 6)) for fact, one, _, sure in found if sure]
    points = (point("psi", fact, one, by_chance=chance) for fact, one, chance, _ in found)
    return figure("drift", points), dict(moved[:MOST_LABELS])


def binned(before: pl.Series, now: pl.Series, *, numeric: bool) -> Counts:
    """Tenths of the reference where the fact is a number, its values otherwise (the rarest together), and one bin of those not known."""
    if numeric:
        known = before.drop_nulls().to_numpy()
        edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if known.size else np.zeros(0)
        places = [np.searchsorted(edges, one.drop_nulls().to_numpy(), side="left") for one in (before, now)]
        size = len(edges) + 1
    else:
        common = before.drop_nulls().cast(pl.String).value_counts(sort=True).head(BINS)[before.name].to_list()
        names = {name: place for place, name in enumerate(sorted(common))}
        size = len(names) + 1
        places = [
            one.drop_nulls().cast(pl.String).replace_strict(names, default=len(names), return_dtype=pl.Int64).to_numpy()
            for one in (before, now)
        ]  # fmt: skip
    counts = [
        np.append(np.bincount(place, minlength=size), one.null_count()).astype(np.float64)
        for place, one in zip(places, (before, now), strict=True)
    ]
    some = (counts[0] + counts[1]) > 0
    return Counts(counts[0][some], counts[1][some])


def psi(counts: Counts) -> Estimate:
    """Population stability index, sum of (q - p) ln(q/p), half a customer added to each bin; the interval draws both months again from what was counted."""
    value = _psi(counts.before[None], counts.now[None])[0]
    generator = np.random.default_rng(SEED)
    both = [generator.multinomial(int(one.sum()), one / one.sum(), DRAWS) for one in counts]
    low, high = np.quantile(_psi(both[0].astype(np.float64), both[1].astype(np.float64)), [0.025, 0.975])
    return Estimate(
        float(value), min(float(low), float(value)), max(float(high), float(value)), int(counts.now.sum())
    )


def _psi(before: Floats, now: Floats) -> Floats:
    p, q = ((one + HALF) / (one + HALF).sum(axis=1, keepdims=True) for one in (before, now))
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=1))


def _is_sure(found: Estimate, counts: Counts) -> bool:
    """Whether chance gives so much in less than one of a thousand cases: PSI is about (1/n + 1/m) chi-square of (bins - 1)."""
    before, now = (float(one.sum()) for one in counts)
    return bool(chi2.sf(found.value / (1.0 / before + 1.0 / now), max(len(counts.now) - 1, 1)) < BY_LUCK)


def _by_chance(counts: Counts) -> float:
    """What PSI is on average where nothing has changed: (bins - 1) (1/n + 1/m)."""
    before, now = (float(one.sum()) for one in counts)
    return round((len(counts.now) - 1) * (1.0 / before + 1.0 / now), 6)
