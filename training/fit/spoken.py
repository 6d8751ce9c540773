"""What was said in contacts, and what became of it, by the journal: what acceptance, saving and waking are learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from models.outcomes import BY_MOUTH, CONVERSATION, SPOKEN
from training.prompted import from_parts

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

TEXT = pl.String
ANSWERS = ("accepted", "declined", "deferred", "withdrawn")
MOMENT = pl.Datetime("us", "UTC")
CONTACTS = {
    "contact_id": TEXT,
    "customer_id": TEXT,
    "at": MOMENT,
    "channel": TEXT,
    "intent": TEXT,
    "motive": TEXT,
}
PROPOSALS = {
    "decision_id": TEXT,
    "contact_id": TEXT,
    "customer_id": TEXT,
    "at": MOMENT,
    "action_id": TEXT,
    "action_kind": TEXT,
    "channel": TEXT,
    "intent": TEXT,
    "motive": TEXT,
    "accepted": pl.Boolean,
    "withdrawn": pl.Boolean,
    "answered": pl.Boolean,
    "reason": TEXT,
}


@dataclass(frozen=True)
class Talks:
    """What the journal knows of contacts, oldest first.

    `contacts` (columns of CONTACTS): one row a contact, with the first channel and the last intent and motive it told. `spoken` (columns
    of PROPOSALS): one row a proposal the customer heard, with the intent and motive of its contact; `accepted` false when he declined,
    deferred or did not answer, `withdrawn` when he accepted and took it back, by the last that happened; `reason` of the last decline. `answered`: false while nothing
    is known of his answer: silence to an agent is none, and a message has seven days. `until`: the moment of the
    last record, or the one asked for where that is earlier; None without any. `next_heard`: how many proposals were shown next to one that was heard and not accepted, and how many
    of them were heard.
    """

    contacts: pl.DataFrame
    spoken: pl.DataFrame
    until: datetime | None
    next_heard: tuple[int, int] = (0, 0)

    def before(self, moment: datetime) -> Talks:
        """What was said before a moment; what became of it later stays known."""
        earlier = pl.col("at") < moment
        return Talks(self.contacts.filter(earlier), self.spoken.filter(earlier), self.until)

    def since(self, moment: datetime) -> Talks:
        """What was said from a moment on."""
        later = pl.col("at") >= moment
        return Talks(self.contacts.filter(later), self.spoken.filter(later), self.until)

    def of(self, customers: pl.Series) -> Talks:
        """What was said to these customers."""
        theirs = pl.col("customer_id").is_in(customers.unique().implode())
        return Talks(self.contacts.filter(theirs), self.spoken.filter(theirs), self.until)


def read_talks(parts: list[Path], until: datetime | None = None) -> Talks:
    """Read the files of an archived journal (`journal_parts`), up to a moment where one is given. Records that were erased or have expired say nothing.

    Raises:
        TableError: a file that is no part of a journal.
    """
    told = (
        from_parts(parts, _records)
        if parts
        else pl.DataFrame(schema=_FIELDS | {"record_kind": TEXT, "at": MOMENT})
    )
    newest: datetime | None = told["at"].max()  # type: ignore[assignment]  # polars types a maximum as any literal
    if until is not None and newest is not None:
        newest, told = min(newest, until), told.filter(pl.col("at") < until)
    events = told.filter(pl.col("record_kind") == "event", pl.col("kind") == "contact")
    contacts = (
        events.drop_nulls(["contact_id", "customer_id", "at"])
        .sort("at", maintain_order=True)
        .group_by("contact_id", "customer_id", maintain_order=True)
        .agg(
            pl.col("at").first(),
            pl.col("channel").drop_nulls().first(),
            pl.col("intent").drop_nulls().last(),
            pl.col("motive").drop_nulls().last(),
        )
    )
    outcomes = told.filter(pl.col("record_kind") == "outcome")
    proposed = _proposed(outcomes, newest)
    return Talks(
        contacts.select(*CONTACTS).sort("at", "contact_id"),
        _spoken(proposed, contacts),
        newest,
        _next_heard(proposed),
    )


_FIELDS = {
    "contact_id": TEXT,
    "customer_id": TEXT,
    "decision_id": TEXT,
    "action_id": TEXT,
    "action_kind": TEXT,
    "kind": TEXT,
    "channel": TEXT,
    "intent": TEXT,
    "motive": TEXT,
    "reason": TEXT,
    "speaker": TEXT,
    "at": TEXT,
}


def _records(entries: pl.LazyFrame) -> pl.LazyFrame:
    """The events and outcomes, with their fields as text and the moment as one."""
    entries = entries.filter(pl.col("kind").is_in(["event", "outcome"]) & pl.col("record").is_not_null())
    fields = (pl.col("record").str.json_path_match(f"$.{name}").alias(name) for name in _FIELDS)
    at = pl.col("at").str.replace("Z$", "+00:00").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False)
    return entries.select(pl.col("kind").alias("record_kind"), *fields).with_columns(
        at=at.dt.convert_time_zone("UTC").cast(MOMENT)
    )


def _proposed(outcomes: pl.DataFrame, until: datetime | None) -> pl.DataFrame:
    """One row a proposal that was shown or heard. What is shown to the customer himself is heard by being shown, unless it is said to be skipped."""
    himself = ~pl.col("channel").is_in(sorted(BY_MOUTH)) | (pl.col("speaker").fill_null("") == "bot")
    kind = pl.col("kind")
    heard = kind.is_in(sorted(SPOKEN))
    word = kind.filter(kind.is_in(ANSWERS)).last().fill_null("")
    return (
        outcomes.drop_nulls(["decision_id", "action_id", "contact_id", "customer_id", "at"])
        .sort("at", maintain_order=True)
        .group_by("decision_id", "action_id", maintain_order=True)
        .agg(
            pl.col("contact_id", "customer_id", "action_kind").first(),
            pl.col("channel").first(),
            pl.col("at").filter(heard | (kind == "shown")).min(),
            said=heard.any() | ((kind == "shown") & himself).any() & ~(kind == "skipped").any(),
            accepted=(kind == "accepted").any() & ~word.is_in(["declined", "deferred"]),
            withdrawn=word == "withdrawn",
            answered=kind.is_in(ANSWERS).any()
            | (
                himself.any()
                & (
                    pl.col("at").filter(heard | (kind == "shown")).min() + CONVERSATION
                    <= pl.lit(until, MOMENT)
                )
            ),
            reason=pl.col("reason").filter(kind == "declined").last(),
        )
    )


def _next_heard(proposed: pl.DataFrame) -> tuple[int, int]:
    """Of proposals that were shown next after one that was heard and not accepted: how many, and how many were heard."""
    after = pl.col("said").shift(-1).over("decision_id")
    refused = proposed.with_columns(after=after).filter(pl.col("said") & ~pl.col("accepted"))
    found = refused["after"].drop_nulls()
    return len(found), int(found.sum())


def _spoken(proposed: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Those that were heard, with what their contact told."""
    of_contact = contacts.select("contact_id", "customer_id", "intent", "motive")
    joined = proposed.filter("said").join(of_contact, on=["contact_id", "customer_id"], how="left")
    return joined.select(*PROPOSALS).sort("at", "decision_id", "action_id")
