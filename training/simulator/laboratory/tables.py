"""A play as the canonical tables that the job reads, so that what it learns can be held against the truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.simulator.laboratory.deeds import MOTIVES
from training.simulator.laboratory.journal import asked_table, deed_id, write_journal
from training.simulator.laboratory.people import REGIONS
from training.simulator.laboratory.records import STAYED, UNAVOIDABLE, UNPAID
from training.simulator.laboratory.spells import customer_ids, first_day, spells

if TYPE_CHECKING:
    from pathlib import Path

    from training.simulator.laboratory.journal import Naming
    from training.simulator.laboratory.luck import Ints
    from training.simulator.laboratory.play import Play
    from training.simulator.laboratory.records import Seen

CLOCKS = {"tenure_months": 1.0, "months_to_contract_end": -1.0}
OTHER_ENDS = {UNPAID: "non-payment", UNAVOIDABLE: "unavoidable"}


def write_tables(play: Play, folder: Path, named: Naming = deed_id) -> dict[str, int]:
    """holdings, customers, journal, schema, and `asked.parquet` with the logged probabilities; the rows of each. The same play gives the same bytes.

    `named`: what an action is called there, by deed and what is held.

    Raises:
        ValueError: a play with months that were not written down.
    """
    if len(play.seen) != play.month:
        raise ValueError(
            f"{play.month - len(play.seen)} of {play.month} months were played without records; give a policy, Silent() for none"
        )
    folder.mkdir(parents=True, exist_ok=True)
    frames = {
        "holdings": spells(play),
        "customers": customers_table(play),
        "asked": asked_table(play, named),
    }
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    (folder / "schema.yaml").write_text(json.dumps({"facts": _facts(play)}, indent=1) + "\n")  # JSON is YAML
    return {
        **{name: len(frame) for name, frame in frames.items()},
        "journal": write_journal(play, folder, named),
    }


def customers_table(play: Play) -> pl.DataFrame:
    """Facts, and who left, by customer and month."""
    return pl.concat([_month(play, seen) for seen in play.seen]).sort("customer_id", "month")


def _month(play: Play, seen: Seen) -> pl.DataFrame:
    facts = {name: pl.Series(values).fill_nan(None) for name, values in seen.facts.items()}
    facts["region"] = pl.Series(np.array(REGIONS)[seen.facts["region"].astype(np.int64)])
    facts["complaint_open"] = pl.Series(seen.facts["complaint_open"] > 0)
    return pl.DataFrame(
        {
            "customer_id": customer_ids(play.state.people.number[seen.row]),
            "month": pl.repeat(first_day(seen.month), len(seen.row), eager=True),
            **facts,
            "churned": seen.left != STAYED,
            "churn_motive": _motives(seen.left),
        }
    )


def _motives(left: Ints) -> pl.Series:
    names = {**dict(enumerate(MOTIVES)), **OTHER_ENDS}
    return pl.Series([names.get(code) for code in left.tolist()], dtype=pl.String)


def _facts(play: Play) -> dict[str, dict[str, object]]:
    kinds: dict[str, dict[str, object]] = {name: {"type": "number"} for name in play.seen[0].facts}
    kinds["region"] = {"type": "string", "values": list(REGIONS)}
    kinds["complaint_open"] = {"type": "boolean"}
    kinds["monthly_bill"]["reveals_holdings"] = True
    for name, step in CLOCKS.items():
        kinds[name]["clock"] = step
    return kinds
