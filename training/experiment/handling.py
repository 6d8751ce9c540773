"""How long contacts by voice and in shops took, as far as decisions and outcomes tell: nobody writes down when a call ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from models.outcomes import BY_MOUTH, SPOKEN
from training.experiment.assigned import told
from training.prompted import from_parts

if TYPE_CHECKING:
    from pathlib import Path

MOST_HOURS = 4
"""What is told of a contact later than this was told after it."""
OUTCOMES = {"customer_id": "$.customer_id", "contact_id": "$.contact_id", "at": "$.at", "kind": "$.kind"}
IN_THE_CONTACT = (*sorted(SPOKEN), "shown", "skipped")


def handled(decisions: pl.DataFrame, parts: list[Path]) -> pl.DataFrame:
    """customer_id, contact_id, at (of its first decision), seconds: contacts by mouth.

    Raises:
        TableError: a file that is no part of a journal.
    """
    began = (
        decisions.filter(pl.col("channel").is_in(sorted(BY_MOUTH)))
        .group_by("customer_id", "contact_id")
        .agg(began=pl.col("at").min())
    )
    moments = [decisions.select("customer_id", "contact_id", "at")]
    if parts:
        outcomes = from_parts(parts, lambda entries: told(entries, "outcome", OUTCOMES))
        moments.append(outcomes.filter(pl.col("kind").is_in(IN_THE_CONTACT)).select(moments[0].columns))
    after = pl.concat(moments).join(began, on=["customer_id", "contact_id"])
    passed = (pl.col("at") - pl.col("began")).dt.total_milliseconds() / 1000.0
    within = after.with_columns(seconds=passed).filter(pl.col("seconds").is_between(0.0, MOST_HOURS * 3600.0))
    return (
        within.group_by("customer_id", "contact_id", at="began")
        .agg(pl.col("seconds").max())
        .sort("at", "contact_id")
    )
