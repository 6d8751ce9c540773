"""What became of contacts with a wish to leave: whether the customer stayed, by motive and by the save that was spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from training.evaluation.survival import watched
from training.report.given import WINDOW, numbered

if TYPE_CHECKING:
    from training.report.given import Given

HELD_MONTHS = 3
"""A save has held when the customer did not leave in the month of the contact, nor in the next two: 90 days in whole months, as the table tells months only."""
UNTOLD = "not told"


def wishes(given: Given) -> pl.DataFrame:
    """Contacts with a wish to leave in the window that are old enough to tell: contact_id, customer_id, motive, stayed.

    A contact whose customer is not seen for the months after it, but for his leaving by himself, is left out.
    """
    intents = [*given.leaving.intents, *given.leaving.confirmed]
    told = given.talks.contacts.filter(pl.col("intent").is_in(intents))
    recent = told.with_columns(number=numbered("at"), motive=pl.col("motive").fill_null(UNTOLD))
    recent = recent.filter(pl.col("number").is_between(given.last - WINDOW + 1, given.last - HELD_MONTHS + 1))
    until = pl.col("number") + HELD_MONTHS - 1
    seen = recent.join(_ends(given), on="customer_id").filter(pl.col("number").is_between("begins", "ends"))
    left = pl.col("left") & (pl.col("ends") <= until)
    known = seen.filter(left | (pl.col("ends") >= until))
    return known.select("contact_id", "customer_id", "motive", stayed=~left)


def saves_spoken(given: Given, contacts: pl.DataFrame) -> pl.DataFrame:
    """One row a contact of `wishes` and save spoken in it: its columns, action_id, held (accepted, not withdrawn, and stayed)."""
    saves = given.talks.spoken.filter(pl.col("action_kind") == "save")
    told = saves.group_by("contact_id", "customer_id", "action_id").agg(
        kept=(pl.col("accepted") & ~pl.col("withdrawn")).any()
    )
    joined = contacts.join(told, on=["contact_id", "customer_id"])
    return joined.with_columns(held=pl.col("kept") & pl.col("stayed")).sort("action_id", "contact_id")


def _ends(given: Given) -> pl.DataFrame:
    """customer_id, begins, ends (numbers of months) and left (by himself, in the last one)."""
    customers = given.tables.customers
    assert customers is not None  # noqa: S101  the section has looked
    spells = watched(customers, other_causes=given.tables.other_causes)
    begins = numbered("cohort")
    return spells.select("customer_id", "left", begins=begins, ends=begins + pl.col("months") - 1)
