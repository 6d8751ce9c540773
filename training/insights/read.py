"""The decisions of the journal as rows, and some of them whole, to be made again."""

from __future__ import annotations

import heapq
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from models.domain import VALUED
from training.prompted import read_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SAMPLE = 1000
"""Decisions that are made again in full: the same ones every time, by a hash of their ids."""
MOMENT = pl.Datetime("us", "UTC")
DECISIONS: dict[str, Any] = {
    "decision_id": pl.String,
    "customer_id": pl.String,
    "contact_id": pl.String,
    "at": MOMENT,
    "mode": pl.String,
    "intent": pl.String,
    "first": pl.String,
    "held": pl.String,
    "explored": pl.Boolean,
    "rate": pl.Float64,
    "given_up": pl.Float64,
    "levers": pl.Boolean,
    "levers_cost": pl.Float64,
    "tenure": pl.Float64,
    "vulnerable": pl.Boolean,
    "holdings": pl.List(pl.String),
}
THOUGHT = {"decision_id": pl.String, "action_id": pl.String, "p": pl.Float64}


@dataclass(frozen=True)
class Answered:
    """What was answered. `decisions` (columns of DECISIONS), oldest first; `thought` (of THOUGHT): one row a proposal with a price.

    `first` is the first offer or save, priced or not: who objects to profiling is offered something too. `held` is universal, random or null.
    `explored`: chance had a say, and not for the holdout. `whole`: records as they were written. `unreadable`: records that are none.
    """

    decisions: pl.DataFrame
    thought: pl.DataFrame
    whole: tuple[str, ...]
    unreadable: int


def answered(parts: Iterable[Path], sample: int = SAMPLE) -> Answered:
    """Read the decisions of an archived journal.

    Raises:
        TableError: a file that is no part of a journal.
    """
    rows: list[tuple[Any, ...]] = []
    thought: list[tuple[str, str, float]] = []
    kept: list[tuple[int, str, str]] = []
    unreadable = 0
    for text in _texts(parts):
        try:
            row, proposals = _row(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += 1
            continue
        rows.append(row)
        thought += [(row[0], action, p) for action, p in proposals]
        place = (-zlib.crc32(row[0].encode()), row[0], text)
        (heapq.heappush if len(kept) < sample else heapq.heappushpop)(kept, place)
    decisions = pl.DataFrame(rows, schema=DECISIONS, orient="row").sort("at", "decision_id")
    whole = tuple(text for *_, text in sorted(kept, key=lambda one: one[1]))
    return Answered(decisions, pl.DataFrame(thought, schema=THOUGHT, orient="row"), whole, unreadable)


def _texts(parts: Iterable[Path]) -> Iterator[str]:
    for path in parts:
        entries = read_part(path).filter((pl.col("kind") == "decision") & pl.col("record").is_not_null())
        yield from entries["record"]


def _row(record: dict[str, Any]) -> tuple[tuple[Any, ...], list[tuple[str, float]]]:
    decision, contact = record["decision"], record["request"]["contact"]
    customer = record.get("customer") or {}
    facts = {**customer.get("facts", {}), **record["request"].get("facts", {})}
    holdings = record["request"].get("holdings")
    selection = decision["selection"]
    rate = float(selection.get("rate", 0.0))
    valued = [one for one in decision["proposals"] if one["kind"] in VALUED]
    held = decision["experiment"].get("holdout") or None
    tenure = facts.get("tenure_months")
    row = (
        decision["decision_id"],
        decision["customer_id"],
        decision["contact_id"],
        datetime.fromisoformat(decision["decided_at"]),
        decision["mode"],
        contact.get("intent"),
        valued[0]["action_id"] if valued else None,
        None if held is None else str(held),
        bool(selection.get("explored")) and rate > 0.0,
        rate,
        float(selection.get("given_up", 0.0)),
        bool(decision.get("levers")),
        float(decision.get("levers_cost", 0.0)),
        None if tenure is None else float(tenure),
        facts.get("vulnerable"),
        [one["product_id"] for one in (customer.get("holdings", []) if holdings is None else holdings)],
    )
    return row, [
        (one["action_id"], float(one["value"]["p_accept"])) for one in valued if one["value"] is not None
    ]
