"""The contacts of an archived journal with all their decisions, each with everything it was made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl
from pydantic import ValidationError

from models.consents import OBJECTIONS
from models.journal import DecisionRecord
from training.errors import OptionError
from training.experiment.assigned import told
from training.prompted import from_parts, journal_parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from pathlib import Path

SAYS = {
    f"{whose}.{name}": f"$.{whose}.consents.{name}"
    for whose in ("request", "customer")
    for name in OBJECTIONS
}
"""Where a decision's record tells of an objection."""
FIELDS = {
    "customer_id": "$.request.customer_id",
    "contact_id": "$.request.contact.contact_id",
    "at": "$.decision.decided_at",
    "holdout": "$.decision.experiment.holdout",
    "whole": "$",
    **SAYS,
}


@dataclass(frozen=True)
class LoggedContact:
    """`turns`: its decisions in the order in which they were made, at least one."""

    customer_id: str
    contact_id: str
    turns: tuple[DecisionRecord, ...]

    @property
    def first(self) -> DecisionRecord:
        """The turn in which chance had its say."""
        return self.turns[0]

    @property
    def at(self) -> datetime:
        """When it began."""
        return self.first.decision.decided_at


@dataclass(frozen=True)
class Which:
    """The contacts that are looked at: begun from `since` to `until`, days in UTC, both included; of these the `last` so many."""

    since: date | None = None
    until: date | None = None
    last: int | None = None


@dataclass(frozen=True)
class Read:
    """`contacts` by the time they began.

    Left out are those of who is `held_out` of proposals, of who is `objecting` to profiling by any decision of the journal, and those with
    an `unreadable` record, damaged or of another version of the software.
    """

    contacts: tuple[LoggedContact, ...]
    held_out: int
    objecting: int
    unreadable: int

    def without(self, objectors: Collection[str]) -> Read:
        """Without the contacts of these customers, who object."""
        left = tuple(contact for contact in self.contacts if contact.customer_id not in objectors)
        return replace(self, contacts=left, objecting=self.objecting + len(self.contacts) - len(left))


def read_contacts(folder: Path, which: Which) -> Read:
    """What `python -m training archive --out` wrote into `folder`. Records that were erased or have expired are not there.

    Who is in a holdout is no part of it: the one hears nothing, the other one proposal that was drawn and nothing behind it, and no
    policy that is to be released does either.

    Raises:
        OptionError: no journal, or no decision in it. TableError: a file that is no part of a journal.
    """
    table, broken = _decisions(folder)
    objects = pl.any_horizontal(pl.col(list(SAYS)).fill_null("") == "false")
    objectors = frozenset(table.filter(objects)["customer_id"])
    begun = pl.col("at").first().over("customer_id", "contact_id")
    table = table.sort("at", maintain_order=True).with_columns(begun=begun)
    if which.since is not None:
        table = table.filter(pl.col("begun").dt.date() >= which.since)
    if which.until is not None:
        table = table.filter(pl.col("begun").dt.date() <= which.until)
    contacts = table.group_by("customer_id", "contact_id", maintain_order=True).agg(
        "whole", held=(pl.col("holdout").fill_null("false") != "false").any()
    )
    if which.last is not None:
        contacts = contacts.tail(which.last)
    if not len(contacts):
        raise OptionError(
            f"--journal: no decision with its record between --since and --until below '{folder}'"
        )
    found, unreadable = [], 0
    for customer_id, contact_id, turns, held in contacts.iter_rows():
        if held:
            continue
        try:
            records = tuple(DecisionRecord.model_validate_json(turn) for turn in turns)
        except ValidationError:
            unreadable += 1
        else:
            found.append(LoggedContact(customer_id, contact_id, records))
    return Read(tuple(found), int(contacts["held"].sum()), 0, unreadable + broken).without(objectors)


def _decisions(folder: Path) -> tuple[pl.DataFrame, int]:
    """Those that tell of whom, which contact and when, and how many records do not."""
    parts = journal_parts(folder)
    if not parts:
        raise OptionError(
            f"--journal: no journal below '{folder}'; name the folder `python -m training archive --out` was given"
        )
    found = from_parts(parts, lambda entries: told(entries, "decision", FIELDS).drop_nulls("contact_id"))
    there = (pl.col("kind") == "decision") & pl.col("record").is_not_null()
    every = from_parts(parts, lambda entries: entries.select(n=there.sum()))
    return found, int(every["n"].sum()) - len(found)
