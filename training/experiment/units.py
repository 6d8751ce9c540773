"""The table of an experiment: one row a customer, with arm, assignment, exposure, outcomes and what was known before.

customer_id, arm, cluster, assigned_at, exposed_at, mixed      cluster: the agent; exposed_at: null when nothing was spoken or shown
NAME, and of a ratio NAME_of                                   the measures; null while their window is not over or nobody can tell
before_NAME                                                    covariates, of as many days before the assignment
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from training.experiment.assigned import assigned, exposed
from training.experiment.euros import given_away, margin_held
from training.experiment.handling import handled
from training.experiment.measures import (
    ACCEPTANCE,
    BEFORE,
    CHURNED,
    HANDLING,
    HELD,
    MARGIN,
    OF,
    PER_MONTH,
)
from training.experiment.staying import gone_within, month_number, spells, told_until
from training.objections import COLUMN, objectors_of
from training.prompted import OFFERS

if TYPE_CHECKING:
    from pathlib import Path

    from models.catalogue import Catalogue
    from training.fit.spoken import Talks
    from training.tables import Tables

MOMENT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Sources:
    """What the table is made of. `decisions` of `read_decisions`, `exposures` of `read_exposures`; nothing after `until` is looked at."""

    tables: Tables
    talks: Talks
    decisions: pl.DataFrame
    exposures: pl.DataFrame
    parts: tuple[Path, ...]
    until: datetime
    catalogue: Catalogue | None = None


def units_of(sources: Sources, name: str, in_arms: pl.DataFrame, window: int) -> pl.DataFrame:
    """The table. `in_arms`: the decisions of `with_arm`; `window`: days from the assignment on in which outcomes count."""
    seen = in_arms.filter(pl.col("at") < sources.until)
    noticed = exposed(name, seen, sources.talks.spoken, sources.exposures, sources.until)
    people = assigned(seen).join(noticed, on="customer_id", how="left", maintain_order="left")
    return measured(sources, people, window)


def measured(sources: Sources, people: pl.DataFrame, window: int) -> pl.DataFrame:
    """`people` (customer_id, assigned_at, …) with their outcomes and covariates, without those who object to profiling."""
    customers = sources.tables.customers
    if customers is not None and COLUMN in customers.columns:
        people = people.filter(~pl.col("customer_id").is_in(objectors_of(customers).implode()))
    stays = spells(sources.tables.customers, sources.until)
    spans = people.select(
        "customer_id", begin="assigned_at", end=pl.col("assigned_at") + timedelta(days=window)
    )
    tables = [
        _churned(spans, stays, window),
        *(_held(sources, spans, stays, days) for days in HELD),
        _acceptance(sources, spans),
        _handling(sources, spans),
        _contacts_before(sources, spans, window),
    ]
    if sources.catalogue is not None:
        tables.append(_margin(sources, sources.catalogue, spans, stays, window))
    for table in tables:
        people = people.join(table, on="customer_id", how="left", maintain_order="left")
    return people


def _margin(
    sources: Sources, catalogue: Catalogue, spans: pl.DataFrame, stays: pl.DataFrame, window: int
) -> pl.DataFrame:
    """Held and given away after; held before. Known where the table of customers, or without one the journal, reaches to the end."""
    gone = stays.drop_nulls("gone_at").select("customer_id", "gone_at")
    holdings = sources.tables.holdings
    after = margin_held(spans, holdings, catalogue, gone)
    given = given_away(spans, _accepted(sources), catalogue, gone).rename({"euros": "given"})
    # What was sold in the contact itself is held since that day, which begins before it.
    day = pl.col("begin").dt.truncate("1d")
    earlier = spans.select("customer_id", begin=day - timedelta(days=window), end=day)
    before = margin_held(earlier, holdings, catalogue, gone).rename({"euros": BEFORE + MARGIN})
    known = pl.col("end") <= (told_until(stays) or sources.until)
    return (
        spans.join(after, on="customer_id")
        .join(given, on="customer_id", how="left")
        .join(before, on="customer_id")
        .select(
            "customer_id",
            pl.when(known).then(pl.col("euros") - pl.col("given").fill_null(0.0)).alias(MARGIN),
            BEFORE + MARGIN,
        )
    )


def _churned(spans: pl.DataFrame, stays: pl.DataFrame, window: int) -> pl.DataFrame:
    """Who left is known at once, who stayed only at the end: before it nobody counts, or those who left would."""
    months = window // PER_MONTH
    joined = spans.join(stays, on="customer_id", how="left")
    begin = month_number("begin")
    over = begin + months - 1 <= pl.lit(stays["ends"].max(), dtype=pl.Int64)
    gone = pl.when(over).then(gone_within(begin, months))
    return joined.select("customer_id", gone.cast(pl.Float64).alias(CHURNED))


def _held(sources: Sources, spans: pl.DataFrame, stays: pl.DataFrame, days: int) -> pl.DataFrame:
    """Known once the last save that may count has been looked at, of whom the table of customers knows."""
    reaches = told_until(stays) or datetime.min.replace(tzinfo=UTC)
    saves = spans.join(_accepted(sources).filter(pl.col("action_kind") == "save"), on="customer_id")
    inside = saves.filter(pl.col("at").is_between("begin", "end", closed="left"))
    gone = gone_within(month_number("at"), days // PER_MONTH)
    judged = inside.join(stays, on="customer_id", how="left").select(
        "customer_id", held=(~gone).cast(pl.Float64)
    )
    counted = judged.group_by("customer_id").agg(pl.col("held").sum(), untold=pl.col("held").is_null().any())
    known = (pl.col("end") + timedelta(days=days) <= reaches) & pl.col("customer_id").is_in(
        stays["customer_id"].implode()
    )
    known = known & ~pl.col("untold").fill_null(value=False)
    joined = spans.join(counted, on="customer_id", how="left")
    return joined.select(
        "customer_id", pl.when(known).then(pl.col("held").fill_null(0.0)).alias(f"held_{days}")
    )


def _accepted(sources: Sources) -> pl.DataFrame:
    """Of what was accepted and not withdrawn: customer_id, action_id, action_kind, at."""
    taken = sources.talks.spoken.filter(
        pl.col("accepted") & ~pl.col("withdrawn"), pl.col("at") < sources.until
    )
    return taken.select("customer_id", "action_id", "action_kind", "at")


def _acceptance(sources: Sources, spans: pl.DataFrame) -> pl.DataFrame:
    offers = sources.talks.spoken.filter(pl.col("action_kind").is_in(OFFERS))
    kept = (pl.col("accepted") & ~pl.col("withdrawn")).cast(pl.Float64)
    return _summed(sources, spans, offers.select("customer_id", "at", value=kept), ACCEPTANCE)


def _handling(sources: Sources, spans: pl.DataFrame) -> pl.DataFrame:
    took = handled(sources.decisions, [*sources.parts]).select("customer_id", "at", value="seconds")
    return _summed(sources, spans, took, HANDLING)


def _summed(sources: Sources, spans: pl.DataFrame, told: pl.DataFrame, name: str) -> pl.DataFrame:
    """Sum and number of what is told within the spans; known once the journal has reached their end."""
    inside = spans.join(told, on="customer_id").filter(pl.col("at").is_between("begin", "end", closed="left"))
    sums = inside.group_by("customer_id").agg(pl.col("value").sum(), pl.len().alias("n"))
    over = pl.col("end") <= sources.until
    return spans.join(sums, on="customer_id", how="left").select(
        "customer_id",
        pl.when(over).then(pl.col("value").fill_null(0.0)).alias(name),
        pl.when(over).then(pl.col("n").fill_null(0).cast(pl.Float64)).alias(name + OF),
    )


def _contacts_before(sources: Sources, spans: pl.DataFrame, window: int) -> pl.DataFrame:
    earlier = spans.select("customer_id", begin=pl.col("begin") - timedelta(days=window), end="begin")
    told = sources.talks.contacts.select("customer_id", "at")
    inside = earlier.join(told, on="customer_id").filter(
        pl.col("at").is_between("begin", "end", closed="left")
    )
    counted = inside.group_by("customer_id").agg(pl.len().cast(pl.Float64).alias("n"))
    joined = spans.join(counted, on="customer_id", how="left")
    return joined.select("customer_id", pl.col("n").fill_null(0.0).alias(f"{BEFORE}contacts"))
