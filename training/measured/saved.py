"""What became of contacts with a wish to leave: whether the customer stayed, by motive and by the save that was spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from training.evaluation.survival import watched
from training.measured.given import WINDOW, numbered
from training.measured.intervals import share

if TYPE_CHECKING:
    from training.measured.given import Given
    from training.measured.intervals import Estimate

HELD_MONTHS = 3
"""A save has held when the customer did not leave in the month of the contact, nor in the next two: 90 days in whole months, as the table tells months only."""
UNTOLD = "not told"

Cells: TypeAlias = "dict[tuple[str, str], tuple[Estimate, Estimate]]"
"""(action, motive) -> share of saves that held, share of customers who stayed."""


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


def motives_of(contacts: pl.DataFrame) -> list[str]:
    """The most frequent first, those not told last."""
    counted = (
        contacts["motive"]
        .value_counts()
        .sort("count", "motive", descending=[True, False])["motive"]
        .to_list()
    )
    return [
        *(motive for motive in counted if motive != UNTOLD),
        *(motive for motive in counted if motive == UNTOLD),
    ]


def unspoken(contacts: pl.DataFrame, spoken: pl.DataFrame) -> dict[str, Estimate]:
    """Motive -> share that stayed where no save was spoken."""
    silent = contacts.join(spoken, on=["contact_id", "customer_id"], how="anti")
    grouped = silent.group_by("motive").agg(pl.len(), pl.col("stayed").sum())
    return {motive: share(stayed, n) for motive, n, stayed in grouped.rows()}


def cells_of(spoken: pl.DataFrame) -> Cells:
    """(action, motive) -> share of saves that held, share of customers who stayed."""
    grouped = spoken.group_by("action_id", "motive").agg(
        pl.len(), pl.col("held").sum(), pl.col("stayed").sum()
    )
    return {
        (action, motive): (share(held, n), share(stayed, n))
        for action, motive, n, held, stayed in grouped.rows()
    }


def _ends(given: Given) -> pl.DataFrame:
    """customer_id, begins, ends (numbers of months) and left (by himself, in the last one)."""
    customers = given.tables.customers
    assert customers is not None  # noqa: S101  the section has looked
    spells = watched(customers, other_causes=given.tables.other_causes)
    begins = numbered("cohort")
    return spells.select("customer_id", "left", begins=begins, ends=begins + pl.col("months") - 1)
