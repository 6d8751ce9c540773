"""The post-mortem: who left last month, what we knew of them, what we said, and which rule stopped what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from training.measured.decisions import decided, knowledge_of, rules_that_stopped
from training.measured.given import first_of, month_name
from training.measured.intervals import percents, share
from training.measured.watching import facts_of, hazards_of, held_in, unobjected
from training.report.elements import definitions, element, nothing_yet, section, table
from training.report.gone import Gone, one_customer

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from training.measured.decisions import Decided
    from training.measured.given import Given

BEFORE = timedelta(days=90)
"""What was said and decided is looked up so long before the month, and in it."""
MOST_RULES = 15
DRIVERS = 3
TOP = 0.9
TITLE = "Left last month: what we knew, what we said, what was stopped"
LEAD = "Everyone who left in the last month of the table: the chance the model gave before, the contacts of that month and the ninety days before it, and the rules that kept an action from being proposed."


def left_last_month(given: Given, customers: int, *, with_ids: bool) -> Element:
    """The section, with at most so many customers one by one."""
    if given.months is None:
        why = "Nobody knows who left and when."
        return section("left", TITLE, LEAD, nothing_yet(why, "Add customers with a column churned."))
    month = given.months.filter(pl.col("number") == given.last)
    left = month.filter("churned")
    if not len(left):
        why = f"Nobody left in {month_name(given.last)}."
        return section("left", TITLE, LEAD, nothing_yet(why, "This part speaks of the last month only."))
    gone = _gone(given, month, left)
    since, until = _span(given)
    ids = left["customer_id"].to_list()
    found = decided(given.parts, ids, since, until, knowledge_of(given)) if given.parts else None
    notes = definitions(
        ("Chance", "To leave in the month for whatever cause, by the bundle's churn model from facts and holdings at its start; none for who objects to profiling. Place: share of all customers with a lower chance."),
        ("Drivers", "The facts and products that moved the chance of leaving of one's own will most, against the average customer, in points; which values they had is not printed."),
        ("Stopped", "Of decisions on these customers in that time; a rule may stop many actions in one decision."),
    )  # fmt: skip
    parts = [
        _summary(given, len(month), gone),
        *_stopped(found),
        *_listed(gone, found, customers, with_ids=with_ids),
        notes,
    ]
    return section("left", TITLE, LEAD, *parts)


def _span(given: Given) -> tuple[datetime, datetime]:
    start, end = (
        datetime.combine(first_of(month), datetime.min.time(), UTC) for month in (given.last, given.last + 1)
    )
    return start - BEFORE, end


def _gone(given: Given, month: pl.DataFrame, left: pl.DataFrame) -> list[Gone]:
    """Everyone who left: first who told of it, then who was in contact at all, among them the likeliest first."""
    since, until = _span(given)
    mine = pl.col("customer_id").is_in(left["customer_id"].implode()) & pl.col("at").is_between(
        since, until, closed="left"
    )
    contacts = given.talks.contacts.filter(mine).partition_by("customer_id", as_dict=True)
    spoken = given.talks.spoken.filter(mine).partition_by("customer_id", as_dict=True)
    scored = _scored(given, month)
    motive = left["churn_motive"].to_list() if "churn_motive" in left.columns else [None] * len(left)
    gone = [
        Gone(
            customer_id=who,
            motive=why,
            score=scored.get(who),
            objects=who in given.objectors,
            contacts=_rows(contacts.get((who,))),
            spoken=_rows(spoken.get((who,))),
        )
        for who, why in zip(left["customer_id"].to_list(), motive, strict=True)
    ]
    return sorted(
        gone,
        key=lambda one: (
            not one.wished(given.leaving),
            not one.met,
            -(one.score[0] if one.score else 0.0),
            one.customer_id,
        ),
    )


def _rows(frame: pl.DataFrame | None) -> list[dict[str, object]]:
    return [] if frame is None else frame.to_dicts()


def _scored(given: Given, month: pl.DataFrame) -> dict[str, tuple[float, float, dict[str, float]]]:
    """Who left -> chance, share of the month's customers with a lower one, and what drove it; empty without a model."""
    model = given.bundle.churn
    rows = unobjected(given, month)
    if model is None or not len(rows):
        return {}
    hazards = hazards_of(given, model, rows)
    places = np.searchsorted(np.sort(hazards), hazards) / len(hazards)
    at = np.flatnonzero(rows["churned"].to_numpy())
    gone = rows[at]
    facts, held = facts_of(model, gone), held_in(given, model, gone)
    found = {}
    for place, who in enumerate(gone["customer_id"].to_list()):
        own: dict[str, Any] = {
            name: column[place] for name, column in facts.items() if column[place] is not None
        }
        drivers = model.drivers(model.contributions(own, held[place]), DRIVERS)
        named = {given.name(name): points for name, points in drivers.items()}
        found[who] = (float(hazards[at[place]]), float(places[at[place]]), named)
    return found


def _summary(given: Given, here: int, gone: list[Gone]) -> Element:
    n = len(gone)
    scores = [one.score for one in gone if one.score is not None]
    rows = [
        [f"left in {month_name(given.last)}, of {here:,} customers", f"{n:,}", percents(share(n, here), 2)]
    ]
    if scores:
        top = sum(place >= TOP for _, place, _ in scores)
        rows.append(
            [
                "in the tenth the model gave the highest chance, of those scored",
                f"{top:,}",
                percents(share(top, len(scores)), 0),
            ]
        )
    if given.parts:
        rows += [
            [f"{says}, of those who left", f"{some:,}", percents(share(some, n), 0)]
            for says, some in (
                ("in contact with us", sum(one.met for one in gone)),
                ("told us of a wish to leave", sum(one.wished(given.leaving) for one in gone)),
                ("heard a save-offer", sum(one.heard("save") for one in gone)),
                ("accepted one", sum(one.accepted("save") for one in gone)),
            )
        ]
    return table(["", "customers", "share"], rows, "lrr")


def _stopped(found: Decided | None) -> list[Element]:
    if found is None:
        return [
            nothing_yet(
                "There is no journal beside the tables, so nobody knows what was said.",
                "Put there what python -m training archive writes.",
            )
        ]
    if not found.decisions:
        return [
            nothing_yet(
                "The journal holds no decision on these customers in that time.",
                "Decisions expire after the policy's period; archive them before.",
            )
        ]
    rows = [
        [rule, tier, *(f"{count:,}" for count in counts)]
        for rule, tier, *counts in rules_that_stopped(found.stops)
    ]
    parts = (
        [
            table(
                ["rule that stopped an action", "tier", "customers", "decisions", "actions"],
                rows[:MOST_RULES],
                "llrrr",
            )
        ]
        if rows
        else []
    )
    remarks = [f"{len(found.decisions):,} decisions."]
    if len(rows) > MOST_RULES:
        remarks.append(f"{len(rows) - MOST_RULES} more rules stopped something for fewer customers.")
    if found.silent:
        remarks.append(
            f"{found.silent:,} decisions removed actions and were stored without saying by which rule; with --catalogue and --policy they are decided again."
        )
    if found.otherwise:
        remarks.append(f"{found.otherwise:,} were decided again with other documents than then.")
    if found.unreadable:
        remarks.append(f"{found.unreadable:,} records could not be read.")
    return [*parts, element("p", " ".join(remarks), class_="note")]


def _listed(gone: list[Gone], found: Decided | None, customers: int, *, with_ids: bool) -> list[Element]:
    shown = [one for one in gone if not one.objects][:customers]
    if not shown:
        return []
    title = element("h3", f"{len(shown):,} of {len(gone):,}, one by one")
    listed = [
        one_customer(one, found, one.customer_id if with_ids else f"customer {place}")
        for place, one in enumerate(shown, start=1)
    ]
    return [title, *listed]
