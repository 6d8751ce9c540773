"""Bar 6: whom an e-mail moves to visit, on customers that nothing was learned from (Hillstrom's trial of 2008).

A third of 64,000 customers were sent an e-mail of men's wares, a third of women's, a third none, at random. A split draws one half of
them; each half is judged by what was learned from the other, each e-mail against none. Halves differ by luck more than learners do: the
figures are means over several splits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from bench.public import DATA, absent, row
from training.evaluation.qini import Held, Trial, interval, judged
from training.fit.response import fit_response
from training.fit.uplift import fit_uplift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.features import Floats
    from training.evaluation.bootstrap import Interval
    from training.fit.examples import Flags, Indices
    from training.fit.response import Table

SPLITS, SEED, DRAWS = range(100, 105), 100, 200
ARMS = {"men's e-mail": "Mens E-Mail", "women's e-mail": "Womens E-Mail"}
KINDS = {
    "recency": "integer",
    "history": "number",
    "mens": "boolean",
    "womens": "boolean",
    "zip_code": "string",
    "newbie": "boolean",
    "channel": "string",
}
"""`history_segment` is `history` in bands."""
OURS, APART, RESPONSE = "S-learner", "T-learner", "response model"
BARS = {
    f"{arm}, {name}": bar
    for arm in ARMS
    for name, bar in ((f"Qini of the {OURS}", "> 0"), (f"{OURS} less {APART}", "not < 0"))
}


class Mailing(NamedTuple):
    """Customers of one e-mail against none, (n,) each."""

    facts: Table
    treated: Flags
    visit: Floats
    spend: Floats

    def take(self, rows: Indices) -> Mailing:
        """These customers only."""
        facts = {fact: [column[i] for i in rows] for fact, column in self.facts.items()}
        return Mailing(facts, self.treated[rows], self.visit[rows], self.spend[rows])


def read(arm: str, folder: Path = DATA / "email_offers") -> Mailing:
    """Who was sent the e-mail `arm` or none."""
    table = pl.read_csv(folder / "hillstrom.csv", schema_overrides={"spend": pl.Float64})
    table = table.filter(pl.col("segment").is_in([arm, "No E-Mail"])).with_columns(
        pl.col("mens", "womens", "newbie").cast(pl.Boolean), pl.col("visit").cast(pl.Float64)
    )
    return Mailing(
        {fact: table[fact].to_list() for fact in KINDS},
        (table["segment"] == arm).to_numpy(),
        table["visit"].to_numpy(),
        table["spend"].to_numpy(),
    )


def halves(n: int, seed: int) -> tuple[Indices, Indices]:
    """Rows of the two halves."""
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[: n // 2]), np.sort(order[n // 2 :])


def held_out(mailing: Mailing, splits: Iterable[int]) -> dict[str, list[Held]]:
    """Each half of each split by what was learned from the other, for each order of `scores`."""
    found: dict[str, list[Held]] = {OURS: [], APART: [], RESPONSE: []}
    for seed in splits:
        one, other = halves(len(mailing.visit), seed)
        for learn, judge in ((one, other), (other, one)):
            for name, score in scores(mailing.take(learn), mailing.take(judge).facts).items():
                found[name].append(Held(judge, score))
    return found


def scores(learn: Mailing, facts: Table) -> dict[str, Floats]:
    """The orders to target customers in, (n,) each, highest first: ours, a model for each side apart, and who visits most when mailed."""
    mailed, alone = (
        fit_response(part.facts, KINDS, part.visit)
        for part in (learn.take(np.flatnonzero(side)) for side in (learn.treated, ~learn.treated))
    )
    response = mailed.probabilities(facts)
    return {
        OURS: fit_uplift(learn.facts, KINDS, learn.treated, learn.visit).effects(facts),
        APART: response - alone.probabilities(facts),
        RESPONSE: response,
    }


def measure() -> list[dict[str, Any]]:
    """The e-mails of bar 6 of the fifth issue."""
    if not DATA.is_dir():
        return absent(BARS)
    return [figure for name, arm in ARMS.items() for figure in _of(name, read(arm))]


def _of(name: str, mailing: Mailing) -> list[dict[str, Any]]:
    orders = held_out(mailing, SPLITS)
    visits = judged(Trial(mailing.treated, mailing.visit), orders, SEED, DRAWS)
    spent = judged(Trial(mailing.treated, mailing.spend), orders, SEED, DRAWS)
    better = interval(visits[OURS][0].mean - visits[APART][0].mean, visits[OURS][1] - visits[APART][1])
    figures = [
        _row(f"{name}, Qini of the {OURS}", visits[OURS][0], "> 0", visits[OURS][0].above_zero),
        _row(f"{name}, Qini of the {APART}", visits[APART][0]),
        _row(f"{name}, {OURS} less {APART}", better, "not < 0", better.high >= 0.0),
        _row(f"{name}, Qini of the {RESPONSE}", visits[RESPONSE][0]),
    ]
    money = [_row(f"{name}, Qini of spend, {order}", found, unit="$") for order, (found, _) in spent.items()]
    return [*figures, *money]


def _row(
    name: str, found: Interval, bar: str = "", holds: bool | None = None, unit: str = "visits"
) -> dict[str, Any]:
    """A figure a thousand customers, chance being 0."""
    value, low, high = (1000.0 * figure for figure in found)
    return row(name, value, f"{unit} a 1,000 ({low:.2f} to {high:.2f})", bar, holds)
