"""Who is in which arm of an experiment, since when, and when he first noticed: as the decisions of the journal and what was heard of them tell.

A decision's block `experiment` names its arms: `policy` and `holdout` are experiments by these names, every other stands in `arms`.

    "experiment": {"policy": "champion", "holdout": false, "arms": {"ladder-order": "cheap-first"}}

Entries of kind `exposure` ({customer_id, experiment, at, decision_id, action_id}) say when a proposal was spoken or shown to the customer. Where the
journal has none of an experiment, and where the one of a customer names a proposal that was not shown to him after all, the outcomes
of the experiment's decisions say it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from training.errors import OptionError
from training.prompted import from_parts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

HOLDOUT, POLICY, IN = "holdout", "policy", "in"
"""The two that every decision names, and the arm of who is in no holdout."""
MOMENT = pl.Datetime("us", "UTC")
DECISIONS = {
    "decision_id": "$.decision.decision_id",
    "customer_id": "$.decision.customer_id",
    "contact_id": "$.decision.contact_id",
    "at": "$.decision.decided_at",
    "channel": "$.request.contact.channel",
    "agent": "$.request.contact.agent.agent_id",
    "block": "$.decision.experiment",
}
EXPOSURES = {
    "customer_id": "$.customer_id",
    "experiment": "$.experiment",
    "at": "$.at",
    "decision_id": "$.decision_id",
    "action_id": "$.action_id",
}


def told(entries: pl.LazyFrame, kind: str, fields: Mapping[str, str]) -> pl.LazyFrame:
    """These fields of the records of a kind as text, `at` among them as a moment. Records that were erased or have expired say nothing."""
    records = entries.filter((pl.col("kind") == kind) & pl.col("record").is_not_null())
    texts = records.select(
        pl.col("record").str.json_path_match(path).alias(name) for name, path in fields.items()
    )
    at = pl.col("at").str.replace("Z$", "+00:00").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False)
    return texts.with_columns(at=at.dt.convert_time_zone("UTC").cast(MOMENT)).drop_nulls(
        ["customer_id", "at"]
    )


def read_decisions(parts: list[Path]) -> pl.DataFrame:
    """The decisions of the journal, oldest first (columns of DECISIONS).

    Raises:
        TableError: a file that is no part of a journal.
    """
    if not parts:
        return pl.DataFrame(schema={name: MOMENT if name == "at" else pl.String for name in DECISIONS})
    found = from_parts(parts, lambda entries: told(entries, "decision", DECISIONS))
    return found.sort("at", "decision_id")


def read_exposures(parts: list[Path]) -> pl.DataFrame:
    """What the journal says of exposures by itself (columns of EXPOSURES).

    Raises:
        TableError: a file that is no part of a journal.
    """
    if not parts:
        return pl.DataFrame(schema={name: MOMENT if name == "at" else pl.String for name in EXPOSURES})
    return from_parts(parts, lambda entries: told(entries, "exposure", EXPOSURES))


def arms_of(block: Mapping[str, Any]) -> dict[str, str]:
    """Experiment -> arm. Who is in the holdout is in no other experiment: its policy and arms do not reach him.

    Who objects to profiling is in none at all; among those who are in no holdout he would be compared with nobody like him.
    """
    if not block.get("measured", True):
        return {}
    held = block.get("holdout") or False
    if held:
        return {HOLDOUT: held if isinstance(held, str) else HOLDOUT}
    named = {str(name): str(arm) for name, arm in (block.get("arms") or {}).items()}
    return {HOLDOUT: IN, POLICY: str(block.get("policy", "champion")), **named}


def with_arm(decisions: pl.DataFrame, name: str) -> pl.DataFrame:
    """The decisions that were made in an arm of the experiment, with a column `arm`.

    Raises:
        OptionError: no decision names it, or all of them the same arm; the experiments that are known are listed.
    """
    texts = decisions["block"].drop_nulls().unique().sort().to_list()
    arms = {text: arms_of(json.loads(text)) for text in texts}
    known: dict[str, set[str]] = {}
    for each in arms.values():
        for experiment, arm in each.items():
            known.setdefault(experiment, set()).add(arm)
    if len(known.get(name, ())) < 2:
        raise OptionError(_unknown(name, known))
    arm_of = {text: each[name] for text, each in arms.items() if name in each}
    return decisions.with_columns(
        arm=pl.col("block").replace_strict(arm_of, default=None, return_dtype=pl.String)
    ).drop_nulls("arm")


def _unknown(name: str, known: Mapping[str, set[str]]) -> str:
    running = [f"{one} ({', '.join(sorted(arms))})" for one, arms in sorted(known.items()) if len(arms) > 1]
    listed = f"known here: {'; '.join(running)}" if running else "none has two arms in this journal"
    if name in known:
        return f"experiment '{name}' has one arm only, {min(known[name])}: nothing to compare; {listed}"
    return f"no decision in the journal names an experiment '{name}'; {listed}"


def assigned(decisions: pl.DataFrame) -> pl.DataFrame:
    """One row a customer of `with_arm`: customer_id, arm and assigned_at of his first decision, cluster (the first agent named), mixed (met several arms)."""
    return decisions.group_by("customer_id", maintain_order=True).agg(
        pl.col("arm").first(),
        cluster=pl.col("agent").drop_nulls().first(),
        assigned_at=pl.col("at").first(),
        mixed=pl.col("arm").n_unique() > 1,
    )


def exposed(
    name: str, decisions: pl.DataFrame, heard: pl.DataFrame, exposures: pl.DataFrame, until: datetime
) -> pl.DataFrame:
    """customer_id, exposed_at: the first exposure up to `until`, of those there are.

    `decisions` of `with_arm`; `heard`: decision_id, action_id and `at` of what was spoken or shown to the customer himself.
    """
    logged = exposures.filter(pl.col("experiment") == name)
    proposal = ["decision_id", "action_id"]
    unheard = logged.drop_nulls(proposal).join(heard, on=proposal, how="anti")["customer_id"].implode()
    stands = logged.filter(~pl.col("customer_id").is_in(unheard)).select("customer_id", "at")
    said = decisions.select("decision_id", "customer_id").join(
        heard.select("decision_id", "at"), on="decision_id"
    )
    if len(logged):
        said = said.filter(pl.col("customer_id").is_in(unheard))
    told = pl.concat([stands, said.select("customer_id", "at")]).filter(pl.col("at") < until)
    return told.group_by("customer_id").agg(exposed_at=pl.col("at").min()).sort("customer_id")
