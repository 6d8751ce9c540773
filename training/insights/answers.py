"""What customers answered: acceptance, saves that held, and what held for which motive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from models.domain import VALUED
from models.insights import Figure, Point
from training.insights.points import (
    ALL,
    by_month,
    counted,
    figure,
    missing,
    month_id,
    share_over_customers,
)
from training.measured.given import numbered
from training.measured.intervals import difference
from training.measured.saved import cells_of, motives_of, saves_spoken, unspoken, wishes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.measured.given import Given

KEPT: Final = pl.col("accepted") & ~pl.col("withdrawn")
NO_SAVE = "no_save"
"""The row of who wished to leave and heard no save-offer."""


def acceptance(given: Given) -> Figure:
    """Accepted and not withdrawn, of proposals heard whose answer is known: offers and saves, over all months and each."""
    if not given.parts:
        return missing("acceptance", "no_journal")
    heard = given.talks.spoken.filter("answered")
    kinds = [(f"{kind}s", heard.filter(pl.col("action_kind") == kind)) for kind in sorted(VALUED)]
    return figure(
        "acceptance",
        (
            counted(kind, at, share_over_customers(some, KEPT), some)
            for kind, rows in kinds
            for at, some in by_month(rows)
            if len(some)
        ),
    )


def net_saves(given: Given) -> Figure:
    """Still here three months after a contact with a wish to leave: all, where a save was spoken and where none was."""
    if not given.parts:
        return missing("net_saves", "no_journal")
    if given.months is None:
        return missing("net_saves", "no_months")
    contacts = _dated(given, wishes(given))
    spoken = saves_spoken(given, contacts)
    on = ["contact_id", "customer_id"]
    groups = [
        (ALL, contacts),
        ("spoken", contacts.join(spoken, on=on, how="semi")),
        ("silent", contacts.join(spoken, on=on, how="anti")),
    ]
    points = [
        counted(name, at, share_over_customers(some, pl.col("stayed")), some)
        for name, rows in groups
        for at, some in by_month(rows)
        if len(some) and ALL in {name, at}
    ]
    return figure("net_saves", points)


def held(given: Given) -> Figure:
    """Motive x save: the share that held; `stayed` beside it, and the difference to those of the motive who heard no save."""
    if not given.parts:
        return missing("held", "no_journal")
    if given.months is None:
        return missing("held", "no_months")
    contacts = wishes(given)
    spoken = saves_spoken(given, contacts)
    without = unspoken(contacts, spoken)
    motives = motives_of(contacts)
    silent = contacts.join(spoken, on=["contact_id", "customer_id"], how="anti")
    points = [
        counted(NO_SAVE, motive, without[motive], silent.filter(pl.col("motive") == motive))
        for motive in motives
        if motive in without
    ]
    for (action, motive), (kept, stayed) in sorted(cells_of(spoken).items()):
        beside = {"stayed": round(stayed.value, 6)}
        if motive in without:
            more = difference(stayed, without[motive])
            beside |= {"more": round(more.value, 6), "more_low": round(more.low, 6), "more_high": round(more.high, 6)}  # fmt: skip
        cell = spoken.filter(pl.col("action_id") == action, pl.col("motive") == motive)
        points.append(counted(action, motive, kept, cell, **beside))
    return figure("held", _in_order(points, motives))


def _in_order(points: list[Point], motives: list[str]) -> Iterator[Point]:
    place = {motive: number for number, motive in enumerate(motives)}
    yield from sorted(points, key=lambda one: (one.series == NO_SAVE, one.series, place[one.at]))


def _dated(given: Given, contacts: pl.DataFrame) -> pl.DataFrame:
    """With the moment of the contact."""
    return contacts.join(
        given.talks.contacts.select("contact_id", "customer_id", "at"), on=["contact_id", "customer_id"]
    )


def period(given: Given) -> tuple[str, str] | None:
    """The first and the last month with a contact."""
    contacts = given.talks.contacts
    if not len(contacts):
        return None
    months = contacts.select(numbered("at"))["at"]
    return month_id(int(months.min())), month_id(int(months.max()))  # type: ignore[arg-type]  # polars types extremes as any literal
