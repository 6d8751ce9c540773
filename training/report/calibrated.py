"""Whether as many left as the model said, by how sure it was and month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.binary import reliability
from training.measured.calibration import calibration_error, slope
from training.measured.given import month_name
from training.measured.intervals import Estimate, number, percent, percents, share
from training.measured.watching import hazards_of, unobjected
from training.report.charts import Axis, Series, chart, round_ticks
from training.report.elements import definitions, element, nothing_yet, section, table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import polars as pl

    from models.features import Floats
    from training.measured.given import Given
    from training.measured.watching import Watched

FEWEST = 20
"""Leavers that a picture needs."""
TITLE = "Calibration: did as many leave as the model said"
LEAD = "Of customers given a chance of 2 % to leave in a month, 2 in 100 should. First ten groups of equal size, from the surest to stay to the likeliest to go: on the line the model is right. Then month by month, where a drift would show."


def calibrated(given: Given, watched: Watched | None) -> Element:
    """The section."""
    model = given.bundle.churn
    if watched is None or model is None:
        why = "The bundle has no churn model." if model is None else "Nobody knows who left and when."
        return section(
            "calibration", TITLE, LEAD, nothing_yet(why, "Run the job on customers with a column churned.")
        )
    rows = unobjected(given, watched.rows)
    left = rows["churned"].cast(float).to_numpy()
    if left.sum() < FEWEST:
        why = f"{int(left.sum())} customers who may be scored left in the window; {FEWEST} are needed."
        return section("calibration", TITLE, LEAD, nothing_yet(why, "Wait for more months."))
    hazards = hazards_of(given, model, rows)
    pictures = [_by_sureness(left, hazards)]
    if rows["number"].n_unique() > 1:
        pictures.append(_by_month(rows, left, hazards))
    return section(
        "calibration",
        TITLE,
        LEAD,
        element("div", *pictures, class_="pair"),
        _figures(given, left, hazards),
        _notes(),
    )


def _by_sureness(left: Floats, hazards: Floats) -> Element:
    bins = [
        (said, share(round(rate * size), int(size)))
        for said, rate, size in reliability(left, hazards).tolist()
    ]
    most = max(*(found.high for _, found in bins), *(said for said, _ in bins))
    ticks = round_ticks(0.0, most, percent)
    right = Series("as many as the model said", (0.0, ticks[-1][0]), (0.0, ticks[-1][0]))
    seen = [found for _, found in bins]
    points = _points("left, by groups of equal size", [said for said, _ in bins], seen)
    x, y = Axis("chance the model gave", ticks), Axis("left", ticks)
    return chart("Left against predicted, in ten groups", x, y, [points, right], width=380, height=280)


def _by_month(rows: pl.DataFrame, left: Floats, hazards: Floats) -> Element:
    months = rows["number"].to_numpy()
    each = np.unique(months)
    seen = [share(int(left[months == month].sum()), int((months == month).sum())) for month in each]
    said = [float(hazards[months == month].mean()) for month in each]
    first, last = int(each[0]), int(each[-1])
    step = max(1, (last - first) // 3)
    ticks = [(float(month), month_name(month)) for month in range(first, last + 1, step)]
    if ticks[-1][0] < last:
        ticks.append((float(last), ""))
    y = Axis("left in the month", round_ticks(0.0, max(*(one.high for one in seen), *said), percent))
    series = [_points("left", each.tolist(), seen), Series("predicted", each.tolist(), said)]
    return chart("Left and predicted, month by month", Axis("month", ticks), y, series, width=380, height=280)


def _points(name: str, x: list[float], found: list[Estimate]) -> Series:
    return Series(
        name,
        x,
        [one.value for one in found],
        [one.low for one in found],
        [one.high for one in found],
        "points",
    )


def _figures(given: Given, left: Floats, hazards: Floats) -> Element:
    slope_then, error_then = (
        given.bundle.metrics.get(f"churn.{name}") for name in ("calibration_slope", "ece")
    )
    n = f"{left.size:,}"
    seen = share(int(left.sum()), left.size)
    error = calibration_error(left, hazards)
    rows = [
        ["left in a month", percents(seen, 2), n, ""],
        ["predicted", percent(float(hazards.mean()), 2), n, ""],
        [
            "calibration slope",
            number(slope(left, hazards)),
            n,
            "" if slope_then is None else f"{slope_then:.2f}",
        ],
        ["calibration error", percents(error, 2), n, "" if error_then is None else percent(error_then, 2)],
    ]
    return table(["", "these months", "n", "judged by the job on months it had not seen"], rows, "lrrr")


def _notes() -> Element:
    return definitions(
        ("Left", "For whatever cause, as the model's hazard is. n: customer-months in the window of customers who do not object to profiling. Wilson's 95 % intervals."),
        ("Calibration slope", "Of a logistic regression of leaving on the logit of the chance: 1 is right, below 1 the model is too sure of itself. Interval from the curvature of the likelihood."),
        ("Calibration error", "Mean distance between chance and share that left, over the ten groups (ECE). Interval: leaving drawn again within each group; it cannot be 0 by chance alone."),
        ("Seen before", "The bundle may have been fitted on months of this table. What counts for the future is the column of the job."),
    )  # fmt: skip
