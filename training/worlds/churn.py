"""Churn against the truth: learned from the first months of a world, judged on later ones, and lifetime value held against what is expected there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from models.trends import Trend
from training.evaluation.churn import judge_causes
from training.evaluation.clv import clv, fit_growth, margin_by_rate
from training.fit.churn import fit_hazard
from training.fit.churn_rows import ChurnRows
from training.fit.customer_months import churn_rows
from training.simulator.laboratory import truth
from training.simulator.laboratory.goods import IDS
from training.simulator.laboratory.play import opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.tables import write_tables
from training.simulator.laboratory.worlds import WORLDS
from training.tables import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.features import Floats
    from training.simulator.laboratory.luck import Ints
    from training.simulator.laboratory.setting import Setting
    from training.tables import Tables

HORIZON = 36
USE = {"use": Trend(of=("data_gb_m5", "data_gb_m4", "data_gb_m3", "data_gb_m2", "data_gb_m1", "data_gb"))}
"""Six months of data use; the table has a column for the latest alone."""


@dataclass(frozen=True)
class Judged:
    """How a world came out.

    `left`, `hazard`, `month`: of the rows of the later months; `causes`: how many were lost in them for each cause and how many were expected, as
    `judge_causes` names them. In euros over `HORIZON` months, of who was there at their start: the truth, ours, by the
    rule of thumb, and by that rule no further than the horizon.
    """

    left: Floats
    hazard: Floats
    month: Ints
    causes: Mapping[str, float]
    truth: Floats
    ours: Floats
    by_rate: Floats
    by_rate_within: Floats


def judge_world(
    world: str, seed: int, customers: int = 4000, learned: int = 12, later: int = 6, lucks: int = 16
) -> Judged:
    """Play months with offers at random, learn from the first of them, and hold it against the later ones and the truth.

    The truth is a mean over `lucks` runs; over four of them it is off by some 55 EUR a customer itself, over sixteen by half of that.
    """
    setting, offers = set_up(WORLDS[world], seed, customers), RandomEligible(share=0.5)
    play = opened(setting).run(offers, learned)
    expected = truth.clv(play, HORIZON, lucks=lucks) / 100.0
    here = np.flatnonzero(play.state.here)
    with TemporaryDirectory() as folder:
        write_tables(play.run(offers, later), Path(folder))
        tables = replace(read_tables(Path(folder)), trends=USE)
    rows, margin = _rows(tables, setting, learned)
    number = rows.months - rows.months.min()
    before, after, now = (
        np.flatnonzero(part) for part in (number < learned, number >= learned, number == learned)
    )
    model = fit_hazard(rows.take(before), tables.churn_kinds, tables.products, 0, tables.clocks)
    landmark, judged, rate = rows.take(now), rows.take(after), float(rows.churned[before].mean())
    growth = fit_growth(rows.take(before), margin[before])
    return Judged(
        left=judged.churned,
        hazard=model.hazards(judged.facts, judged.holdings),
        month=number[after],
        causes=judge_causes(model, judged),
        truth=expected[here],
        ours=clv(model, landmark, margin[now], HORIZON, tables.clocks, growth=growth),
        by_rate=margin_by_rate(margin[now], rate),
        by_rate_within=margin_by_rate(margin[now], rate, HORIZON),
    )


def _rows(tables: Tables, setting: Setting, month: int) -> tuple[ChurnRows, Floats]:
    """Landmarks in order of customer and month, and euros of margin a month of each, discount included, as the catalogue of this month has them."""
    rows = churn_rows(
        tables.holdings, tables.customers, tuple(tables.kinds), tables.products, trends=tables.learned_trends
    )
    assert rows is not None  # noqa: S101  a world knows who left
    euros = dict(zip(IDS, setting.margin(month) / 100.0, strict=True))
    margin = rows.holdings @ np.array([euros[product] for product in tables.products])
    return rows, margin - np.array(rows.facts["discount_now"], dtype=np.float64)
