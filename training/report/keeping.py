"""Retention and churn, month by month and over a year, and what a customer is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.evaluation.clv import clv, margin_by_rate
from training.fit.churn_rows import ChurnRows
from training.measured.given import month_name, span
from training.measured.intervals import Estimate, mean, number, percent, percents, share
from training.measured.watching import facts_of, held_in, unobjected
from training.report.elements import Node, definitions, element, nothing_yet, section, table
from training.report.strips import Mark, Scale, axis, strip

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from models.features import Floats
    from training.measured.given import Given

MOST = 2000
"""Customers whose worth is computed; of more so many are drawn, always the same ones."""
SEED = 0
TITLE = "Retention, churn and what a customer is worth"
LEAD = "How many of those who were here are still here, how many leave in a month, and what the margin of those who stay adds up to."


def keeping(given: Given) -> Element:
    """The section."""
    months = given.months
    if months is None:
        why = "Nobody knows who left and when."
        return section("keeping", TITLE, LEAD, nothing_yet(why, "Add customers with a column churned."))
    window = given.window
    long = f"{len(window)} month{'s' * (len(window) != 1)}"
    recent = months.filter(pl.col("number").is_in(window))
    retained = retention(months, window[0], window[-1])
    by_himself, otherwise = int(recent["by_himself"].sum()), int(recent["churned"].sum())
    rows: list[list[Node]] = []
    if retained is not None:
        churned = Estimate(1 - retained.value, 1 - retained.high, 1 - retained.low, retained.n)
        rows += [
            [f"retention, {long}", percents(retained), f"{retained.n:,} customers"],
            [f"churn, {long}", percents(churned), f"{churned.n:,} customers"],
        ]
    rows += [
        ["churn a month", percents(share(otherwise, len(recent)), 2), f"{len(recent):,} customer-months"],
        [
            "of it by themselves",
            percents(share(by_himself, len(recent)), 2),
            f"{len(recent):,} customer-months",
        ],
        *_worth_rows(given, months, otherwise / len(recent)),
    ]
    notes = definitions(
        ("Retention", "Of the customers active at the start of the window, the share still active at its end; who came later is not counted, nor is who was lost from sight. Churn is 1 - retention."),
        ("Churn a month", "Customers who left in a month / customers active at its start, over all months of the window. Not paying and what nobody can prevent are no leaving by themselves."),
        *_worth_notes(given),
        ("Intervals", "95 %: Wilson's for shares; for means over customers, customers drawn again 1,000 times."),
    )  # fmt: skip
    figures = table(["figure", "value and interval", "n"], rows, "lrr", caption=span(window[0], window[-1]))
    return section("keeping", TITLE, LEAD, figures, _by_month(recent), notes)


def retention(months: pl.DataFrame, first: int, last: int) -> Estimate | None:
    """Of those active at the start of month `first`, still active at the end of month `last`; None when nobody's state is known."""
    start = months.filter(pl.col("number") == first)["customer_id"]
    theirs = months.filter(
        pl.col("number").is_between(first, last) & pl.col("customer_id").is_in(start.implode())
    )
    ends = theirs.group_by("customer_id").agg(
        left=pl.col("churned").any(), seen=(pl.col("number") == last).any()
    )
    known = ends.filter(pl.col("left") | pl.col("seen"))
    return share(int((~known["left"]).sum()), len(known)) if len(known) else None


def worth(given: Given, months: pl.DataFrame) -> tuple[Floats, Floats] | None:
    """(n,) each of the customers active at the start of the last month: what he is worth, and his margin a month.

    In euros, or in months without a catalogue, where the margin is 1. None without a churn model, or without anybody it may score.
    """
    model = given.bundle.churn
    rows = unobjected(given, months.filter(pl.col("number") == given.last)).sort("customer_id")
    if model is None or not len(rows):
        return None
    if len(rows) > MOST:
        rows = rows[np.sort(np.random.default_rng(SEED).choice(len(rows), MOST, replace=False))]
    now = ChurnRows(
        facts=facts_of(model, rows),
        holdings=held_in(given, model, rows),
        churned=rows["churned"].cast(pl.Float64).to_numpy(),
        customers=np.arange(len(rows)),
        months=rows["number"].to_numpy(),
    )
    sold = given.products
    each = [sold[product].margin if product in sold else 0.0 for product in model.products]
    margin = now.holdings @ np.array(each) if sold else np.ones(len(rows))
    money = given.money
    found = clv(
        model,
        now,
        margin,
        money.horizon_months,
        given.tables.clocks,
        yearly_discount=money.yearly_discount,
    )
    return found, margin


def _worth_rows(given: Given, months: pl.DataFrame, churn: float) -> list[list[Node]]:
    found = worth(given, months)
    name = f"CLV, {given.money.horizon_months} months"
    if found is None:
        return [[name, element("em", "no data yet: the bundle has no churn model"), ""]]
    euros, margin = found
    value = mean(euros)
    n = f"{value.n:,} customers"
    if not given.products:
        return [[f"{name}, in months that are paid for (no catalogue, no money)", number(value, 1), n]]
    rule = "margin / churn rate, the rule of thumb" if churn else ""
    rows: list[list[Node]] = [
        [f"{name}, euros", number(value, 0), n],
        ["margin a month, euros", number(mean(margin)), n],
    ]
    return [*rows, [rule, number(mean(margin_by_rate(margin, churn)), 0), n]] if rule else rows


def _worth_notes(given: Given) -> list[tuple[str, str]]:
    money = given.money
    says = (
        f"Sum over {money.horizon_months} months of margin times chance to be still here, discounted by {percent(money.yearly_discount, 0)} a year; of customers active at the start of "
        f"{month_name(given.last)} who do not object to profiling. Chances are the bundle's for each of them, so their doubt is not in the interval; margins those of what is held, at list price. "
        "The rule of thumb forgets that customers differ and that later euros are worth less, and has no end."
    )
    return [("CLV", says)]


def _by_month(recent: pl.DataFrame) -> Element:
    each = recent.group_by("number").agg(
        pl.len(), pl.col("by_himself").sum(), otherwise=(pl.col("churned") & ~pl.col("by_himself")).sum()
    )
    found = [
        (month, by_himself, otherwise, share(by_himself + otherwise, n))
        for month, n, by_himself, otherwise in each.sort("number").rows()
    ]
    most = max(one.high for *_, one in found)
    scale = Scale(0.0, most)
    head = axis(scale, [(value, percent(value)) for value in (0.0, most / 2, most)])
    rows: list[list[Node]] = [
        [
            month_name(month),
            f"{one.n:,}",
            f"{by_himself:,}",
            f"{otherwise:,}",
            percents(one),
            strip(scale, [Mark(*one[:3], "served")]),
        ]
        for month, by_himself, otherwise, one in found
    ]
    return table(
        ["month", "at its start", "left by themselves", "left otherwise", "churn", head], rows, "lrrrrl"
    )
