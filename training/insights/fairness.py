"""Who is given discounts: by tenure, by vulnerability, and by whether one threatens to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.insights import Figure, Point
from training.insights.points import ALL, counted, figure, mean_over_customers, missing, point
from training.measured.intervals import SEED, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.features import Floats
    from training.measured.given import Given

BANDS = ((0, 12), (12, 36), (36, 72), (72, None))
"""Months with the company, the end not included."""
FIFTHS = 5
DRAWS = 1000
GIVEN = "discount"


def with_discount(given: Given, decisions: pl.DataFrame) -> pl.DataFrame | None:
    """`decisions` with the euros of discount, over all its months, of what was put first (0 where nothing was); None without a catalogue."""
    if given.catalogue is None:
        return None
    euros = {action.id: action.given for action in given.catalogue.actions}
    found = pl.col("first").replace_strict(euros, default=0.0, return_dtype=pl.Float64).fill_null(0.0)
    return decisions.with_columns(found.alias(GIVEN))


def by_tenure(decisions: pl.DataFrame | None) -> Figure:
    """Euros of discount a decision, by months with the company."""
    if decisions is None:
        return missing("fair_tenure", "no_documents")
    bands = []
    for first, end in BANDS:
        tenure = pl.col("tenure")
        within = tenure >= first if end is None else (tenure >= first) & (tenure < end)
        some = decisions.filter(within)
        if len(some):
            name = f"{first}+" if end is None else f"{first}-{end}"
            bands.append(counted(GIVEN, name, mean_over_customers(some, GIVEN), some))
    return figure("fair_tenure", bands)


def by_vulnerability(decisions: pl.DataFrame | None) -> Figure:
    """The same by whether the customer is recorded as vulnerable."""
    if decisions is None:
        return missing("fair_vulnerable", "no_documents")
    groups = (("no", ~pl.col("vulnerable").fill_null(value=False)), ("yes", pl.col("vulnerable")))
    found = [(name, decisions.filter(which)) for name, which in groups]
    return figure(
        "fair_vulnerable",
        (counted(GIVEN, name, mean_over_customers(some, GIVEN), some) for name, some in found if len(some)),
    )


def quiet(given: Given, decisions: pl.DataFrame | None) -> Figure:
    """The same by whether the contact voiced a wish to leave, in fifths of the margin of what is held; and the difference within fifths."""
    if decisions is None:
        return missing("fair_quiet", "no_documents")
    if not len(decisions):
        return missing("fair_quiet", "no_records")
    margins = {product: float(known.margin) for product, known in given.products.items()}
    margin = np.array([sum(margins.get(one, 0.0) for one in held) for held in decisions["holdings"].to_list()])  # fmt: skip
    threatens = decisions["intent"].is_in([*given.leaving.intents, *given.leaving.confirmed])
    fifth = np.searchsorted(np.quantile(margin, np.arange(1, FIFTHS) / FIFTHS), margin, side="right")
    rows = decisions.with_columns(fifth=pl.Series(fifth), threatens=threatens.fill_null(value=False))
    return figure("fair_quiet", _within(rows))


def _within(rows: pl.DataFrame) -> Iterator[Point]:
    for name, flag in (("quiet", False), ("threatens", True)):
        theirs = rows.filter(pl.col("threatens") == flag)
        for number in range(FIFTHS):
            some = theirs.filter(pl.col("fifth") == number)
            if len(some):
                yield counted(name, str(number + 1), mean_over_customers(some, GIVEN), some)
    found = gap(rows)
    if found is not None:
        yield point("difference", ALL, found)


def gap(rows: pl.DataFrame) -> Estimate | None:
    """Mean discount of who threatens less that of who does not, within fifths weighted by threats; customers are drawn again 1,000 times.

    A fifth with one kind only is left out. None where there is no other.
    """
    people, index = np.unique(rows["customer_id"].to_numpy().astype(str), return_inverse=True)
    place = rows["fifth"].to_numpy() * 2 + rows["threatens"].to_numpy()
    euros = rows[GIVEN].to_numpy()
    value = _gap(np.ones(len(rows)), place, euros)
    if value is None:
        return None
    generator = np.random.default_rng(SEED)
    drawn = []
    for _ in range(DRAWS):
        times = np.bincount(generator.integers(0, len(people), len(people)), minlength=len(people))[index]
        again = _gap(times.astype(np.float64), place, euros)
        drawn += [] if again is None else [again]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, min(value, float(low)), max(value, float(high)), len(rows))


def _gap(weight: Floats, place: np.ndarray[tuple[int], np.dtype[np.int64]], euros: Floats) -> float | None:
    n = np.bincount(place, weight, 2 * FIFTHS).reshape(FIFTHS, 2)
    total = np.bincount(place, weight * euros, 2 * FIFTHS).reshape(FIFTHS, 2)
    both = (n > 0.0).all(axis=1)
    if not both.any():
        return None
    means = total[both] / n[both]
    return float(n[both, 1] @ (means[:, 1] - means[:, 0]) / n[both, 1].sum())
