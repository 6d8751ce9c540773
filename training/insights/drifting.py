"""Whether the world is still the one that was learned: calibration over time, and how far the facts have moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from models.insights import MOST_LABELS, Figure, Point, Slope
from training.fit.encoding import NUMERIC
from training.insights.points import ALL, by_month, figure, missing, month_id, point
from training.measured.calibration import slope
from training.measured.given import numbered
from training.measured.intervals import SEED, Estimate, share
from training.measured.watching import hazards_of, unobjected

if TYPE_CHECKING:
    from models.features import Floats
    from training.measured.given import Given
    from training.measured.watching import Watched

FEWEST = 20
"""Leavers, or yeses, that a slope needs."""
RECENT = 3
"""Months that an alarm on calibration looks at."""
BINS, DRAWS, HALF = 10, 500, 0.5
REFERENCE = 12
"""Months before the last one that its facts are compared with."""


def churn_calibration(given: Given, watched: Watched | None) -> tuple[Figure, Slope | None]:
    """Left and foretold month by month, and the slope of the last months."""
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
    return figure("churn_calibration", points), _slope(left[recent], said[recent])


def acceptance_calibration(given: Given, thought: pl.DataFrame) -> tuple[Figure, Slope | None]:
    """Accepted and foretold month by month, of proposals heard whose chance was recorded."""
    if not given.parts:
        return missing("acceptance_calibration", "no_journal"), None
    heard = given.talks.spoken.filter("answered").join(thought, on=["decision_id", "action_id"])
    rows = heard.with_columns(yes=pl.col("accepted") & ~pl.col("withdrawn"))
    points = []
    for at, some in by_month(rows):
        if len(some) and at != ALL:
            points.append(point("accepted", at, share(int(some["yes"].sum()), len(some))))
            points.append(_foretold(at, some["p"].to_numpy()))
    last = rows.select(numbered("at").max()).item()
    recent = rows.filter(numbered("at") > last - RECENT) if last is not None else rows
    found = _slope(recent["yes"].cast(pl.Float64).to_numpy(), recent["p"].to_numpy())
    return figure("acceptance_calibration", points), found


def _foretold(at: str, said: Floats) -> Point:
    return Point(series="foretold", at=at, value=round(float(said.mean()), 6), n=len(said))


def _slope(labels: Floats, said: Floats) -> Slope | None:
    if min(labels.sum(), (1.0 - labels).sum()) < FEWEST or np.ptp(said) == 0.0:
        return None
    found = slope(labels, said)
    return Slope(value=round(found.value, 6), low=round(found.low, 6), high=round(found.high, 6), n=found.n)


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
            found.append((fact, psi(counts), _by_chance(counts)))
    found.sort(key=lambda one: (-one[1].value, one[0]))
    largest = {fact: round(one.value, 6) for fact, one, _ in found[:MOST_LABELS]}
    return figure("drift", (point("psi", fact, one, by_chance=chance) for fact, one, chance in found)), largest  # fmt: skip


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


def _by_chance(counts: Counts) -> float:
    """What PSI is on average where nothing has changed: (bins - 1) (1/n + 1/m)."""
    before, now = (float(one.sum()) for one in counts)
    return round((len(counts.now) - 1) * (1.0 / before + 1.0 / now), 6)
