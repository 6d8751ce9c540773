"""Who held what from which day to which, put together from the months."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.simulator.laboratory.goods import IDS
from training.simulator.laboratory.luck import Kind

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Ints
    from training.simulator.laboratory.play import Play

START = date(2023, 1, 1)
"""The first day of month 0."""


def customer_ids(numbers: Ints) -> pl.Series:
    """L-000001 for customer 0."""
    return pl.Series([f"L-{number + 1:06d}" for number in numbers.tolist()], dtype=pl.String)


@cache
def first_day(month: int) -> date:
    """The first of a month; month 0 is that of START."""
    years, rest = divmod(START.month - 1 + month, 12)
    return date(START.year + years, rest + 1, 1)


def spells(play: Play) -> pl.DataFrame:
    """customer_id, product_id, since, until (null while held): dates. Every holding of the play so far, those from before month 0 included."""
    state = play.state
    still = np.nonzero(state.held & state.here[:, None])
    rows = [(*still, state.since[still], np.full(len(still[0]), -1), np.zeros(len(still[0]), dtype=np.int64))]
    for seen in play.seen:
        ended = seen.ended
        rows.append((ended.row, ended.product, ended.since, np.full(len(ended.row), seen.month), ended.day))
    row, product, since, month, day = (np.concatenate(column) for column in zip(*rows, strict=True))
    frame = pl.DataFrame({"row": row, "product": product, "since": since, "month": month, "day": day})
    began = frame.join(_days(play), on=["row", "product", "since"], how="left", maintain_order="left")
    before = (28 * play.setting.people.luck.uniform(Kind.DAY, -1, len(IDS))[row, product]).astype(np.int64)
    start = began["began"].fill_null(pl.Series(before))
    return (
        pl.DataFrame(
            {
                "customer_id": customer_ids(state.people.number[row]),
                "product_id": pl.Series(np.array(IDS)[product]),
                "since": [_date(*when) for when in zip(since.tolist(), start.to_list(), strict=True)],
                "until": [_date(*when) for when in zip(month.tolist(), day.tolist(), strict=True)],
            },
            schema_overrides={"since": pl.Date, "until": pl.Date},
        )
        .with_columns(until=pl.when(pl.Series(month >= 0)).then("until"))
        .sort("customer_id", "since", "product_id")
    )


def _days(play: Play) -> pl.DataFrame:
    """row, product, since (month), began (day of that month) of all that was bought since month 0."""
    parts = [
        pl.DataFrame(
            {
                "row": seen.bought.row,
                "product": seen.bought.product,
                "since": np.full(len(seen.bought.row), seen.month),
                "began": seen.bought.day,
            }
        )
        for seen in play.seen
    ]
    return pl.concat(parts).unique(("row", "product", "since"), keep="last", maintain_order=True)


def _date(month: int, day: int) -> date:
    return first_day(month) + timedelta(days=day)
