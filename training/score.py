"""Scores for many customers at once, as a long table: what each would take next, or the hazard of leaving this month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from models.recency import DAYS_A_MONTH, SINCE_LAST
from models.sections.facts import FactSpec
from models.trends import Trend
from training.errors import OptionError
from training.fit.trends import with_trends
from training.tables import read_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.bundle import Bundle
    from models.features import Encoder, Floats

What = Literal["propensity", "churn"]
CHUNK = 50_000
"""Customers at a time: probabilities of fifty products then take 20 MB."""


@dataclass(frozen=True)
class People:
    """Who is scored, in order of id: holdings (n, P) of the bundle's products, facts in columns of n, None where missing."""

    ids: pl.Series
    holdings: Floats
    facts: Mapping[str, Sequence[Any]]

    def take(self, start: int, stop: int) -> People:
        """Some of them."""
        facts = {fact: column[start:stop] for fact, column in self.facts.items()}
        return People(self.ids[start:stop], self.holdings[start:stop], facts)

    def encoded(self, encoder: Encoder) -> Floats:
        """(n, k) facts as the encoder's model wants them."""
        if not self.facts:
            return np.tile(encoder.encode({}), (len(self.ids), 1))
        return encoder.encode_table(self.facts)


def read_people(bundle: Bundle, holdings: Path, customers: Path | None, at: date | None) -> People:
    """Everyone in either file: what they hold at `at` (None: now), and their latest facts from a month at or before it.

    Raises:
        TableError: every problem of both files.
    """
    declared = {fact: FactSpec(type=kind) for fact, kind in bundle.fact_kinds.items()}
    tables = read_files(holdings, customers, bundle.products, declared)
    months = tables.customers
    if months is not None and bundle.churn is not None:
        months = with_trends(months, {name: Trend(of=of) for name, of in bundle.churn.trends.items()})
    held = _held(tables.holdings, at)
    latest = _latest(months, at) if months is not None else None
    ids = [held["customer_id"]] + ([] if latest is None else [latest["customer_id"]])
    everyone = pl.DataFrame({"customer_id": pl.concat(ids).unique().sort()})
    return People(
        everyone["customer_id"],
        _matrix(everyone, held, bundle.products),
        _facts(everyone, held, latest, at),
    )


def score(bundle: Bundle, people: People, what: What) -> pl.DataFrame:
    """customer_id, product_id, probability, rank (held ones left out unless repeatable); or customer_id, hazard.

    Probability is P(this product | any is acquired); rank 1 is the likeliest of the customer.

    Raises:
        OptionError: churn is asked of a bundle that knows none.
    """
    if what == "churn" and bundle.churn is None:
        raise OptionError(
            "--what churn: this bundle has no churn model; run the job on `customers` with a column 'churned'"
        )
    parts = [people.take(start, start + CHUNK) for start in range(0, max(len(people.ids), 1), CHUNK)]
    return pl.concat(
        [_hazards(bundle, part) if what == "churn" else _propensity(bundle, part) for part in parts]
    )


def write_scores(scores: pl.DataFrame, out: Path) -> None:
    """CSV or Parquet, by the ending.

    Raises:
        OptionError: another ending.
    """
    check_ending(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.new")
    if out.suffix == ".csv":
        scores.write_csv(fresh)
    else:
        scores.write_parquet(fresh)
    fresh.replace(out)


def check_ending(out: Path) -> None:
    """Raises OptionError unless the file ends in .csv or .parquet."""
    if out.suffix not in (".csv", ".parquet"):
        raise OptionError(f"--out: '{out.name}' ends in neither .csv nor .parquet; choose one of them")


def _held(holdings: pl.DataFrame, at: date | None) -> pl.DataFrame:
    """What is held at the start of the day `at`; without a day, what has no end. An unknown beginning lies before any day."""
    if at is None:
        return holdings.filter(pl.col("until").is_null())
    moment = pl.lit(datetime(at.year, at.month, at.day, tzinfo=UTC)).cast(holdings.schema["since"])
    begun = pl.col("since").is_null() | (pl.col("since") <= moment)
    return holdings.filter(begun & (pl.col("until").is_null() | (pl.col("until") > moment)))


def _latest(customers: pl.DataFrame, at: date | None) -> pl.DataFrame:
    known = customers if at is None else customers.filter(pl.col("month") <= pl.lit(at))
    return known.sort("customer_id", "month").unique("customer_id", keep="last", maintain_order=True)


def _matrix(everyone: pl.DataFrame, held: pl.DataFrame, products: tuple[str, ...]) -> Floats:
    rows = everyone.with_row_index("row")
    order = pl.DataFrame(
        {"product_id": products, "column": range(len(products))}, schema_overrides={"product_id": pl.String}
    )
    cells = held.join(rows, on="customer_id").join(order, on="product_id")
    matrix = np.zeros((len(everyone), len(products)))
    matrix[cells["row"].to_numpy(), cells["column"].to_numpy()] = 1.0
    return matrix


def _facts(
    everyone: pl.DataFrame, held: pl.DataFrame, latest: pl.DataFrame | None, at: date | None
) -> dict[str, Sequence[Any]]:
    columns = (
        {}
        if latest is None
        else everyone.join(latest, on="customer_id", how="left").drop("customer_id").to_dict()
    )
    facts: dict[str, Sequence[Any]] = {name: column.to_list() for name, column in columns.items()}
    since = held.filter(pl.col("since").is_not_null())
    if at is not None and len(since):  # without a day nobody can say how long ago the youngest holding began
        youngest = everyone.join(
            since.group_by("customer_id").agg(pl.col("since").max()), on="customer_id", how="left"
        )
        moment = pl.lit(datetime(at.year, at.month, at.day, tzinfo=UTC)).cast(held.schema["since"])
        days = (moment - pl.col("since")).dt.total_days()
        facts[SINCE_LAST] = youngest.select(days / DAYS_A_MONTH).to_series().to_list()
    return facts


def _propensity(bundle: Bundle, people: People) -> pl.DataFrame:
    model = bundle.winner
    table = model.which_table(people.holdings, people.encoded(model.encoder))
    allowed = model.allowed(people.holdings)
    order = np.argsort(np.where(allowed, -table, np.inf), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(1, order.shape[1] + 1)[None], axis=1)
    row, column = np.nonzero(allowed)
    frame = pl.DataFrame(
        {
            "customer_id": people.ids.gather(row),
            "product_id": pl.Series(list(model.products), dtype=pl.String).gather(column),
            "probability": table[row, column],
            "rank": rank[row, column],
        }
    )
    return frame.sort("customer_id", "rank", maintain_order=True)


def _hazards(bundle: Bundle, people: People) -> pl.DataFrame:
    assert bundle.churn is not None  # noqa: S101  `score` has looked
    return pl.DataFrame(
        {"customer_id": people.ids, "hazard": bundle.churn.hazards(people.facts, people.holdings)}
    )
