"""Conversations about leaving, one row each: what was said in it, what became of that, and whether the customer then left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from models.outcomes import CONVERSATION, YEAR
from models.saving import SAVES_ACCEPTED, WISHES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from models.sections.leaving import Leaving
    from training.fit.spoken import Talks

OTHER_CAUSES = ("non-payment", "unavoidable")
"""Motives of the customers table with which nobody left by himself."""
KEY = ["customer_id", "start"]
NO_LOGITS = pl.DataFrame(schema={"customer_id": pl.String, "month": pl.Date, "logit": pl.Float64})


@dataclass(frozen=True)
class LeavingRows:
    """One row a conversation, n in all.

    `table`: customer_id, start, month, motive (null when none was said), refused (saves spoken and not accepted), accepted (the action,
    a save before an offer; null when none), save (whether that is one), left (in that month or the next, by himself), logit (that of the
    churn model at the start of that month, null where there is none). `facts`: columns of n values as known at the start of that month, None where missing, those of the history among them.
    """

    table: pl.DataFrame
    facts: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.table)

    def take(self, keep: pl.Series) -> LeavingRows:
        """The rows where `keep` is true."""
        frame = pl.DataFrame(
            {name: pl.Series(name, values, strict=False) for name, values in self.facts.items()}
        )
        kept = frame.filter(keep)
        return LeavingRows(self.table.filter(keep), {name: kept[name].to_list() for name in kept.columns})


def leaving_rows(
    talks: Talks,
    customers: pl.DataFrame | None,
    leaving: Leaving,
    facts: Collection[str],
    logits: pl.DataFrame | None = None,
) -> LeavingRows | None:
    """From the journal and the customers table; None without the table or its column `churned`. `logits`: customer_id, month, logit of the churn model.

    A conversation is all contacts with a wish to leave that follow one another within seven days. Left out: those in the last month
    of the table, of which the end is not known; those that ended for another cause; and those in which something else than an offer or
    a save was accepted, for who was served is neither asked nor left alone.
    """
    if customers is None or "churned" not in customers.columns:
        return None
    wishes = talks.contacts.filter(pl.col("intent").is_in([*leaving.intents, *leaving.confirmed]))
    talked = _conversations(wishes, leaving.motives)
    rows = (
        talked.group_by("customer_id", "start", maintain_order=True)
        .agg(pl.col("motive").drop_nulls().last())
        .join(_answers(talks.spoken, talked), on=KEY, how="left")
        .filter(~pl.col("served").fill_null(value=False))
        .with_columns(pl.col("refused").fill_null(0), month=pl.col("start").dt.date().dt.truncate("1mo"))
        .join(_ends(customers), on=["customer_id", "month"])
        .sort("start", "customer_id")
    )
    known = customers.select("customer_id", pl.col("month").cast(pl.Date), *facts)
    rows = rows.join(known, on=["customer_id", "month"], how="left", maintain_order="left")
    columns = {fact: rows[fact].to_list() for fact in facts}
    columns[WISHES] = _earlier(rows, wishes, CONVERSATION)
    given = talks.spoken.filter((pl.col("action_kind") == "save") & pl.col("accepted") & ~pl.col("withdrawn"))
    columns[SAVES_ACCEPTED] = _earlier(rows, given)
    rows = rows.join(
        NO_LOGITS if logits is None else logits.select(NO_LOGITS.columns),
        on=["customer_id", "month"],
        how="left",
        maintain_order="left",
    )
    named = ("customer_id", "start", "month", "motive", "refused", "accepted", "save", "left", "logit")
    return LeavingRows(rows.select(*named), columns)


def _conversations(wishes: pl.DataFrame, motives: Sequence[str]) -> pl.DataFrame:
    """customer_id, at, start and motive of each contact."""
    first = (pl.col("at").diff().over("customer_id").fill_null(2 * CONVERSATION)) >= CONVERSATION
    start = pl.when(first).then(pl.col("at")).forward_fill().over("customer_id")
    told = pl.when(pl.col("motive").is_in(list(motives))).then(pl.col("motive"))
    return wishes.sort("customer_id", "at").select("customer_id", "at", start=start, motive=told)


def _answers(spoken: pl.DataFrame, talked: pl.DataFrame) -> pl.DataFrame:
    """What became of what was said within seven days of a contact, by conversation: refused, accepted, save, served."""
    told = spoken.sort("at").join_asof(
        talked.select("customer_id", "at", "start").sort("at"),
        on="at",
        by="customer_id",
        tolerance=CONVERSATION,
        check_sortedness=False,
    )
    kind, yes = pl.col("action_kind"), pl.col("accepted") & ~pl.col("withdrawn")
    taken = [pl.col("action_id").filter(yes & (kind == each)).last() for each in ("save", "offer")]
    return (
        told.filter(pl.col("start").is_not_null())
        .group_by(KEY, maintain_order=True)
        .agg(
            refused=pl.col("action_id").filter((kind == "save") & ~yes).n_unique().cast(pl.Int64),
            accepted=pl.coalesce(*taken),
            save=taken[0].is_not_null(),
            served=(yes & ~kind.is_in(["save", "offer"])).any() & ~(yes & (kind == "save")).any(),
        )
    )


def _ends(customers: pl.DataFrame) -> pl.DataFrame:
    """customer_id, month and left, of the months whose end and that of the next are known."""
    named = "churn_motive" in customers.columns
    other = (
        pl.col("churn_motive").is_in(OTHER_CAUSES).fill_null(value=False) if named else pl.lit(value=False)
    )
    ends = customers.filter(pl.col("churned").is_not_null()).select(
        "customer_id",
        month=pl.col("month").cast(pl.Date),
        churned=pl.col("churned") & ~other,
        elsewise=pl.col("churned") & other,
    )
    later = ends.select("customer_id", month=pl.col("month").dt.offset_by("-1mo"), soon=pl.col("churned"))
    return (
        ends.filter((pl.col("month") < pl.col("month").max()) & ~pl.col("elsewise"))
        .join(later, on=["customer_id", "month"], how="left")
        .select("customer_id", "month", left=pl.col("churned") | pl.col("soon").fill_null(value=False))
    )


def _earlier(rows: pl.DataFrame, happened: pl.DataFrame, apart: Any = None) -> list[int]:
    """How often it happened to the customer of each row in the 365 days before it, the last `apart` of them left out."""
    until = pl.col("start") if apart is None else pl.col("start") - apart
    pairs = rows.with_row_index("row").join(happened.select("customer_id", "at"), on="customer_id")
    counted = pairs.filter((pl.col("at") < until) & (pl.col("at") > pl.col("start") - YEAR))
    found = dict(counted.group_by("row").len().iter_rows())
    return [int(found.get(row, 0)) for row in range(len(rows))]
