"""The price that keeps the policy's budget for discounts, from the contacts of the journal's last days decided again with what was learned."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from models.budget import shadow_price
from models.journal import DecisionRecord, choice_of
from models.pacing import Pacing, table_of
from training.prompted import from_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.knowledge import Knowledge


def fit_pacing(parts: list[Path], knowledge: Knowledge) -> tuple[Pacing | None, tuple[str, ...]]:
    """The price, and a sentence; None without a decision in the days of the policy's budget, or without a budget.

    `knowledge` has the bundle without a price. Of a contact its last turn counts, in which most was known: a customer gets one discount.

    Raises:
        TableError: a file that is no part of a journal.
    """
    budget = knowledge.policy.arbitration.budget
    if budget is None:
        return None, ()
    choices = [choice_of(record, knowledge) for record in _last_turns(parts, budget.days)]
    if not choices:
        told = f"The budget of {budget.discounts:,.0f} euros for discounts is not paced: the journal has no decision in its last {budget.days} days."
        return None, (told,)
    table = table_of(choices)
    plan = shadow_price(*table, budget.discounts)
    pacing = Pacing(
        shadow_price=plan.price,
        budget=budget.discounts,
        days=budget.days,
        contacts=len(choices),
        spent=plan.spends,
        spent_without=shadow_price(*table, float(table[1].sum())).spends,
    )
    told = (
        f"Budget: {len(choices):,} contacts of {budget.days} days would be given {pacing.spent_without:,.0f} euros of discount, "
        f"{budget.discounts:,.0f} are allowed: at a price of {plan.price:.3f} euros for a euro they are given {pacing.spent:,.0f}."
    )
    return pacing, (told,)


def _last_turns(parts: list[Path], days: int) -> Iterator[DecisionRecord]:
    """The last decision of each contact of these days, in the order of their contacts' ids; those that were erased or have expired are not there."""
    table = from_parts(parts, _decisions) if parts else pl.DataFrame()
    if table.is_empty():
        return
    recent = table.filter(pl.col("at") > pl.col("at").max() - timedelta(days=days))
    contact = pl.col("record").str.json_path_match("$.request.contact.contact_id")
    last = recent.with_columns(contact=contact).sort("at").unique("contact", keep="last").sort("contact")
    for record in last["record"]:
        yield DecisionRecord.model_validate_json(record)


def _decisions(entries: pl.LazyFrame) -> pl.LazyFrame:
    at = pl.col("at").str.replace("Z$", "+00:00").str.to_datetime(time_zone="UTC")
    return entries.filter((pl.col("kind") == "decision") & pl.col("record").is_not_null()).select(
        "record", at=at
    )
