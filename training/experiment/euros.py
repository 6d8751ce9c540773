"""Contribution margin of units over some days: what was held in them, less what was given away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from models.catalogue import Catalogue

DAYS_A_MONTH = 365.25 / 12.0


def margin_held(
    spans: pl.DataFrame, holdings: pl.DataFrame, catalogue: Catalogue, gone: pl.DataFrame
) -> pl.DataFrame:
    """customer_id, euros: of each row of `spans` (customer_id, begin, end: moments), by the day.

    A holding without `since` was always there, one without `until` goes on; `gone` (customer_id, gone_at): who has left holds nothing from then on.
    """
    margins = pl.DataFrame(
        {"product_id": [one.id for one in catalogue.products], "margin": [float(one.margin) for one in catalogue.products]},
        schema={"product_id": pl.String, "margin": pl.Float64},
    )  # fmt: skip
    moments = (
        pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for name in ("since", "until")
    )
    spells = holdings.select("customer_id", "product_id", *moments).join(margins, on="product_id")
    running = spans.join(spells, on="customer_id").join(gone, on="customer_id", how="left")
    ends = pl.min_horizontal("until", "end", "gone_at")  # of those that are known
    begins = pl.max_horizontal("since", "begin")
    seconds = (ends - begins).dt.total_seconds().clip(0)
    euros = (seconds / 86_400.0 * pl.col("margin") / DAYS_A_MONTH).sum()
    summed = running.group_by("customer_id").agg(euros=euros)
    return (
        spans.select("customer_id")
        .join(summed, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("euros").fill_null(0.0))
    )


def given_away(
    spans: pl.DataFrame, accepted: pl.DataFrame, catalogue: Catalogue, gone: pl.DataFrame
) -> pl.DataFrame:
    """customer_id, euros: cost and discount, by the day, of what was `accepted` (customer_id, action_id, at) within each of `spans`; who has none is left out."""
    terms = pl.DataFrame(
        [(one.id, one.cost, *((one.discount.amount, one.discount.months) if one.discount else (0.0, 0))) for one in catalogue.actions],
        schema={"action_id": pl.String, "cost": pl.Float64, "amount": pl.Float64, "months": pl.Int64},
        orient="row",
    )  # fmt: skip
    taken = spans.join(accepted, on="customer_id").filter(
        pl.col("at").is_between("begin", "end", closed="left")
    )
    known = taken.join(terms, on="action_id").join(gone, on="customer_id", how="left")
    days = (pl.min_horizontal("end", "gone_at") - pl.col("at")).dt.total_seconds().clip(0) / 86_400.0
    months = pl.min_horizontal(days / DAYS_A_MONTH, pl.col("months").cast(pl.Float64))
    return known.group_by("customer_id").agg(euros=(pl.col("cost") + months * pl.col("amount")).sum())
