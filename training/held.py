"""What later months make of a save that was accepted: pending, then held for 30, 60 and 90 days, or relapsed. What is rewarded is a save that has held.

The table tells months only: a save has held for 30, 60 or 90 days when the customer left in none of the months these days reach into, so that nothing
is said to have held that may not have. Who leaves by himself in one of them has relapsed; who left for another cause did not break his word, and is seen no longer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from models.domain import partition
from training.evaluation.survival import watched
from training.prompted import from_parts
from training.store import connected, journal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from training.fit.spoken import Talks

STATES = ("pending", "held_30", "held_60", "held_90", "relapsed", "withdrawn")
SAVES = {
    "decision_id": pl.String,
    "action_id": pl.String,
    "customer_id": pl.String,
    "contact_id": pl.String,
    "channel": pl.String,
    "motive": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "state": pl.String,
    "since": pl.Date,
}
DAYS = (30, 60, 90)
FINAL = {"held_90": "kept", "relapsed": "relapsed"}
"""The states that last, and what the journal calls them."""


def held_saves(talks: Talks, customers: pl.DataFrame, other_causes: Collection[str]) -> pl.DataFrame:
    """One row a save that was accepted (columns of SAVES), oldest first; `since`: the day from which its state is known, null while it is pending or withdrawn."""
    saves = talks.spoken.filter((pl.col("action_kind") == "save") & pl.col("accepted"))
    ends = watched(customers, other_causes=tuple(other_causes)).select(
        "customer_id", "left", last=_number(pl.col("cohort")) + pl.col("months") - 1
    )
    gone = watched(customers).select("customer_id", gone="left")
    at = pl.col("at")
    seen = saves.join(ends, on="customer_id", how="left", maintain_order="left").join(
        gone, on="customer_id", how="left", maintain_order="left"
    )
    # Months from that of the contact on: up to the last that is known, of these those he stayed, and those a term reaches into.
    after = pl.col("last") - _number(at) + 1
    stayed = after - pl.col("gone").cast(pl.Int64)
    reach = {
        STATES[n]: _number(at.dt.offset_by(f"{days}d")) - _number(at) + 1 for n, days in enumerate(DAYS, 1)
    }
    relapsed = pl.col("left") & after.is_between(1, reach[STATES[len(DAYS)]])
    state = pl.when(pl.col("withdrawn")).then(pl.lit("withdrawn")).when(relapsed).then(pl.lit("relapsed"))
    months = pl.when(pl.col("withdrawn")).then(None).when(relapsed).then(after)
    for name in reversed(reach):
        state = state.when(stayed >= reach[name]).then(pl.lit(name))
        months = months.when(stayed >= reach[name]).then(reach[name])
    first = at.dt.date().dt.truncate("1mo")
    since = first.dt.offset_by(pl.format("{}mo", months))
    return seen.with_columns(state=state.otherwise(pl.lit("pending")), since=since).select(*SAVES)


def tell(url: str, saves: pl.DataFrame, told: Collection[tuple[str, str, str]] = ()) -> int:
    """Write `kept` and `relapsed` of saves into the journal, where the learner reads them; how many were new.

    `told`: decision, action and kind of those the journal has already. One told twice counts once.

    Raises:
        ServiceError: Redis does not answer or refuses.
    """
    known = set(told)
    number = 0
    with connected(url, "what was written stays, run it again") as client:
        for save in saves.filter(pl.col("state").is_in(list(FINAL))).iter_rows(named=True):
            kind = FINAL[save["state"]]
            if (save["decision_id"], save["action_id"], kind) in known:
                continue
            outcome = outcome_of(save, kind)
            entry = {
                "kind": "outcome",
                "id": outcome["outcome_id"],
                "customer": save["customer_id"],
                "at": outcome["at"],
                "record": json.dumps(outcome),
            }
            client.xadd(journal(partition(save["customer_id"])), entry)
            number += 1
    return number


def told_already(parts: list[Path]) -> set[tuple[str, str, str]]:
    """Decision, action and kind of what the archived journal says of yeses.

    Raises:
        TableError: a file that is no part of a journal.
    """
    if not parts:
        return set()
    names = ("decision_id", "action_id", "kind")

    def fates(entries: pl.LazyFrame) -> pl.LazyFrame:
        outcomes = entries.filter((pl.col("kind") == "outcome") & pl.col("record").is_not_null())
        found = outcomes.select(
            pl.col("record").str.json_path_match(f"$.{name}").alias(name) for name in names
        )
        return found.filter(pl.col("kind").is_in(list(FINAL.values())))

    return set(from_parts(parts, fates).rows())


def outcome_of(save: dict[str, Any], kind: str) -> dict[str, Any]:
    """JSON of a `PastOutcome`."""
    return {
        "outcome_id": f"{kind}-{save['decision_id']}-{save['action_id']}",
        "decision_id": save["decision_id"],
        "action_id": save["action_id"],
        "kind": kind,
        "at": f"{save['since'].isoformat()}T00:00:00+00:00",
        "customer_id": save["customer_id"],
        "contact_id": save["contact_id"],
        "channel": save["channel"],
        "action_kind": "save",
        "family": "unknown",
    }


def _number(at: pl.Expr) -> pl.Expr:
    """Months since year 0, of a date or a moment."""
    return at.dt.year().cast(pl.Int64) * 12 + at.dt.month().cast(pl.Int64)
