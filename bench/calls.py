"""Calls of a Portuguese bank in time order: how well "yes" is foretold a month ahead, as learned and set right by the last month seen.

Each month is foretold by the job's own regression, fitted on all months before: bare, then moved by the line that sets the last month
seen right, then calibrated as the job does it (the slope of the last fifth of the months, the level of all). How long the call took is
left out: it is known only afterwards. Four to six in a hundred say yes in the first months, half in the last ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bench.public import DATA, absent, row
from training.evaluation.binary import auc, brier
from training.evaluation.forecasts import forward, judged, recalibrated
from training.fit.churn import fit_hazard
from training.fit.churn_rows import ChurnRows
from training.fit.hazard import fit_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.churn import ChurnModel
    from models.features import Floats
    from training.fit.examples import Indices

NAME = "calls, {} {}"
NEVER = 999
"""Days since the last call (`pdays`) of who was never called before."""
NUMBERS = (
    "age", "campaign", "pdays", "previous",
    "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed",
)  # fmt: skip
WORDS = (
    "job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "poutcome",
)  # fmt: skip
KINDS = {**dict.fromkeys(NUMBERS, "number"), **dict.fromkeys(WORDS, "string")}


def read(folder: Path = DATA / "bank_calls") -> ChurnRows:
    """The calls as rows of something that happened or not; months are the runs of the same month in the file."""
    file = folder / "bank-additional-full.csv"
    types = dict.fromkeys(NUMBERS, pl.Float64)
    table = pl.read_csv(file, separator=";", schema_overrides=types).with_columns(
        pl.when(pl.col("pdays") != NEVER).then("pdays").alias("pdays")
    )
    n = len(table)
    return ChurnRows(
        facts={fact: table[fact].to_list() for fact in KINDS},
        holdings=np.zeros((n, 0)),
        churned=(table["y"] == "yes").to_numpy().astype(np.float64),
        customers=np.arange(n),
        months=table["month"].rle_id().to_numpy().astype(np.int64),
    )


def foretold(calls: ChurnRows, fit: Callable[[ChurnRows], ChurnModel]) -> Floats:
    """(n,) each call by the months before its own; NaN in the first."""

    def predict(before: Indices, now: Indices) -> Floats:
        unseen = calls.take(now)
        return fit(calls.take(before)).hazards(unseen.facts, unseen.holdings)

    return forward(calls.months, 1, predict)


def measure() -> list[dict[str, Any]]:
    """The calls of bar 6 of the fifth issue."""
    if not DATA.is_dir():
        return absent({NAME.format("AUC", when): "" for when in ("before", "after")})
    calls = read()
    before = foretold(calls, lambda rows: fit_one(rows, KINDS, (), 0)[0])
    after = recalibrated(calls.months, calls.churned, before)
    ours = foretold(calls, lambda rows: fit_hazard(rows, KINDS, (), 0))
    use = np.flatnonzero(~np.isnan(after))
    yes, months = calls.churned[use], calls.months[use]
    figures = []
    for when, probability in (("before", before), ("after", after), ("as the job does", ours)):
        for name, (value, low, high) in judged(yes, probability[use], 0).items():
            figures.append(row(NAME.format(name, when), value, f"{low:.4f} to {high:.4f}", "", None))
    last = np.array([calls.churned[calls.months == month - 1].mean() for month in months])
    found, sizes = np.unique(months, return_counts=True)
    inside = [auc(yes[months == month], before[use][months == month]) for month in found]
    return [
        *figures,
        row(NAME.format("Brier", "of the last month's rate"), brier(yes, last), "squared error", "", None),
        row(
            NAME.format("AUC", "within a month"), float(np.average(inside, weights=sizes)), "before", "", None
        ),
        row(NAME.format("number", "foretold"), float(len(use)), f"calls in {len(found)} months", "", None),
    ]
