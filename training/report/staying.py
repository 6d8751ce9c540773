"""Survival curves: how many are still here after so many months."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from models.causes import CAUSES, VOLUNTARY
from training.evaluation.incidence import Incidence, incidence_of
from training.evaluation.survival import Survival, survival_by
from training.fit.customer_months import holdings_at
from training.measured.cohorts import first_month
from training.measured.given import month_name, numbered
from training.measured.intervals import percent
from training.report.charts import Axis, Series, chart, month_ticks, round_ticks
from training.report.elements import definitions, element, nothing_yet, section, table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from training.measured.given import Given

FEWEST = 20
"""Customers a curve needs."""
MANY = 3
"""Products held from which on customers are not told apart."""
TITLE = "Survival: how long customers stay"
LEAD = "The share still here, month after month, with a band that holds the true curve at each month in 95 of 100 such tables. Steps are months in which somebody left."


def staying(given: Given) -> Element:
    """The section."""
    spells = given.spells
    if spells is None:
        why = "Nobody knows who left and when."
        return section("survival", TITLE, LEAD, nothing_yet(why, "Add customers with a column churned."))
    if int(spells["months"].max()) < 2:  # type: ignore[arg-type]  # polars types a maximum as any literal
        why = "Nobody was watched for more than a month, and two points make no curve."
        return section("survival", TITLE, LEAD, nothing_yet(why, "Give customers month by month."))
    first = first_month(spells)
    here = f"already here in {month_name(first)}"
    when = pl.when(numbered("cohort") == first).then(pl.lit(here)).otherwise(pl.lit("joined later"))
    held = holdings_at(given.tables.holdings, spells.rename({"cohort": "month"}), given.tables.products)
    count = pl.Series(held.sum(axis=1)).cast(pl.Int64).clip(0, MANY)
    names = [
        *(f"held {many} product{'s' * (many != 1)}" for many in range(MANY)),
        f"held {MANY} products or more",
    ]
    told = spells.with_columns(
        when=when, held=count.replace_strict(range(MANY + 1), names, return_dtype=pl.String)
    )
    curves = [survival_by(told, column, fewest=FEWEST) for column in ("when", "held")]
    if not any(curves):
        why = f"There are no {FEWEST} customers of a kind to draw a curve of."
        return section("survival", TITLE, LEAD, nothing_yet(why, "Give data of more customers."))
    pictures = [
        _picture(some, says)
        for some, says in zip(curves, ("by when they came", "by what they held at first"), strict=True)
        if some
    ]
    by_cause = incidence_of(spells, (VOLUNTARY, *CAUSES))
    notes = definitions(
        ("Survival", "Kaplan and Meier's estimate: the product over months of 1 - left / at risk. Who is lost from sight, or still here at the end, counts as long as he was seen. All causes of leaving."),
        ("Lost, by cause", "Aalen and Johansen's cumulative incidence: the sum over months of the share still here times lost / at risk. The causes and the survival curve of all customers add up to 100 %. Interval: the delta method's variance on ln(-ln share). n: all customers in the table; lost: all of them who were lost for the cause."),
        ("Month 0", "The first month a customer is in the table. Interval: Greenwood's variance on ln(-ln share). The upright axis need not begin at 0."),
    )  # fmt: skip
    return section(
        "survival",
        TITLE,
        LEAD,
        element("div", *pictures, class_="pair"),
        _figures(curves),
        element("h3", "Lost, by cause"),
        element("div", _by_cause(by_cause), class_="pair"),
        _lost(by_cause, len(spells)),
        notes,
    )


def _picture(curves: dict[str, Survival], says: str) -> Element:
    months = max(len(curve.share) for curve in curves.values()) - 1
    lowest = min(float(curve.low.min()) for curve in curves.values())
    x = Axis("months since first seen", month_ticks(max(months, 1)))
    y = Axis("still here", round_ticks(lowest, 1.0, lambda value: percent(value, 0)))
    series = [
        Series(
            name,
            range(len(curve.share)),
            curve.share.tolist(),
            curve.low.tolist(),
            curve.high.tolist(),
            "stairs",
        )
        for name, curve in curves.items()
    ]
    return chart(f"Survival curves {says}", x, y, series, width=380, height=240)


def _figures(curves: list[dict[str, Survival]]) -> Element:
    rows = [
        [name, f"{int(curve.at_risk[0]):,}", *(_at(curve, month) for month in (3, 6, 12, 24))]
        for some in curves
        for name, curve in some.items()
    ]
    return table(["customers", "n", "3 months", "6 months", "12 months", "24 months"], rows, "lrrrrr")


def _by_cause(by_cause: dict[str, Incidence]) -> Element:
    months = len(next(iter(by_cause.values())).share) - 1
    most = max(float(one.high.max()) for one in by_cause.values())
    x = Axis("months since first seen", month_ticks(months))
    y = Axis("lost", round_ticks(0.0, most, lambda value: percent(value, 0)))
    series = [
        Series(name, range(months + 1), one.share.tolist(), one.low.tolist(), one.high.tolist(), "stairs")
        for name, one in by_cause.items()
        if one.lost.any()
    ]
    return chart("Cumulative incidence by cause", x, y, series, width=380, height=240)


def _lost(by_cause: dict[str, Incidence], customers: int) -> Element:
    rows = [
        [name, f"{customers:,}", f"{int(one.lost.sum()):,}", *(_at(one, month) for month in (3, 6, 12, 24))]
        for name, one in by_cause.items()
    ]
    return table(["cause", "n", "lost", "3 months", "6 months", "12 months", "24 months"], rows, "lrrrrrr")


def _at(curve: Survival | Incidence, month: int) -> str | Element:
    if month >= len(curve.share):
        return element("td", class_="right immature")
    low, high = 100 * curve.low[month], 100 * curve.high[month]
    return f"{percent(curve.share[month])} [{low:.1f},\N{NO-BREAK SPACE}{high:.1f}]"
