"""The decisions of some customers, out of the archived journal, with the rules that stopped something."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import polars as pl
from pydantic import ValidationError

from models.journal import DecisionRecord, in_full, replay
from models.knowledge import build_knowledge
from models.wordbook import load_wordbook
from training.prompted import read_part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from pathlib import Path

    from models.knowledge import Knowledge
    from models.response import Decision
    from training.measured.given import Given


FIT = "fit"
"""The tier of plain fields: wrong channel, held already, another motive. It stops the most, and as it should."""


@dataclass(frozen=True)
class Stop:
    """A rule's no to an action in a decision about a customer."""

    customer_id: str
    decision_id: str
    action_id: str
    tier: str
    rule: str


@dataclass(frozen=True)
class Decided:
    """`decisions` as they were answered, oldest first; `stops` of those that tell them, or were decided again for them.

    `silent`: decisions that removed something and do not say what. `otherwise`: decided again with other documents than then.
    `unreadable`: records that are no decision of this version.
    """

    decisions: tuple[Decision, ...]
    stops: tuple[Stop, ...]
    silent: int
    otherwise: int
    unreadable: int


def knowledge_of(given: Given) -> Knowledge | None:
    """What to decide again with; None without both catalogue and policy.

    Raises:
        DocumentError: the two do not fit each other.
    """
    if given.catalogue is None or given.policy is None:
        return None
    pages = (page for page in (files("models") / "languages").iterdir() if page.name.endswith(".yaml"))
    words = {page.name.removesuffix(".yaml"): load_wordbook(page.read_bytes(), page.name) for page in pages}
    return build_knowledge(given.catalogue, given.policy, given.bundle, wordbooks=words)


def decided(
    parts: Iterable[Path],
    customers: Collection[str],
    since: datetime,
    until: datetime,
    knowledge: Knowledge | None,
) -> Decided:
    """Read the decisions about these customers from `since` to before `until`.

    Raises:
        TableError: a file that is no part of a journal.
    """
    records, unreadable = [], 0
    for text in _texts(parts, customers):
        try:
            record = DecisionRecord.model_validate_json(text)
        except ValidationError:
            unreadable += 1
            continue
        if since <= record.decision.decided_at < until:
            records.append(record)
    records.sort(key=lambda record: (record.decision.decided_at, record.decision.decision_id))
    stops: list[Stop] = []
    silent = otherwise = 0
    for record in records:
        decision = record.decision
        vetoes = decision.vetoes
        if not vetoes and any(decision.removed.values()):
            if knowledge is None:
                silent += 1
                continue
            vetoes = replay(in_full(record), knowledge).vetoes
            then, now = decision.versions, knowledge.versions
            otherwise += (then.policy, then.catalogue, then.bundle) != (now.policy, now.catalogue, now.bundle)
        stops += [Stop(decision.customer_id, decision.decision_id, veto.action_id, veto.tier, veto.rule) for veto in vetoes]  # fmt: skip
    return Decided(tuple(record.decision for record in records), tuple(stops), silent, otherwise, unreadable)


def rules_that_stopped(stops: Iterable[Stop]) -> list[tuple[str, str, int, int, int]]:
    """(rule, tier, customers, decisions, actions) that each rule stopped something for: most customers first, and last what plain fields stopped."""
    by_rule: dict[tuple[str, str], list[Stop]] = {}
    for stop in stops:
        by_rule.setdefault((stop.rule, stop.tier), []).append(stop)
    counted = [
        (
            rule,
            tier,
            len({stop.customer_id for stop in some}),
            len({stop.decision_id for stop in some}),
            len({stop.action_id for stop in some}),
        )
        for (rule, tier), some in by_rule.items()
    ]
    return sorted(counted, key=lambda row: (row[1] == FIT, -row[2], -row[3], row[:2]))


def _texts(parts: Iterable[Path], customers: Collection[str]) -> Iterable[str]:
    whose = pl.col("record").str.json_path_match("$.decision.customer_id")
    for path in parts:
        entries = read_part(path).filter((pl.col("kind") == "decision") & pl.col("record").is_not_null())
        yield from entries.filter(whose.is_in(sorted(customers)))["record"]
