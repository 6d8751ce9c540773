"""A small company whose journal and tables are written out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from training.archive import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path


TEXT = {"en": {"title": "t", "say": "s"}}
SAVE = {"id": "save-12", "kind": "save", "family": "save", "purpose": "retention", "texts": TEXT, "discount": {"amount": 6, "months": 2}, "cost": 3.5, "acceptance": {"rate": 0.3}}  # fmt: skip
WAY_OUT = {"id": "cancel", "kind": "process", "family": "process", "purpose": "service", "texts": TEXT, "cancels": True}  # fmt: skip
PRODUCTS = [
    {"id": "fiber", "name": {"en": "Fiber"}, "family": "internet", "price": 50, "margin": 20},
    {"id": "tv", "name": {"en": "TV"}, "family": "television", "price": 15, "margin": 5},
]
CATALOGUE = json.dumps({"languages": ["en"], "products": PRODUCTS, "actions": [SAVE, WAY_OUT]}).encode()
"""JSON is YAML."""


@dataclass
class Company:
    """What is told of customers; `write` lays it down as tables and journal. All moments are of 2026."""

    folder: Path
    records: list[tuple[str, dict[str, Any] | None]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    months: list[dict[str, Any]] = field(default_factory=list)

    def decides(self, customer: str, at: str, contact: str = "K-1", **said: Any) -> str:
        """A decision by voice, in the arms of `experiment`; its id."""
        decision = f"D-{len(self.records)}"
        block = said.get("experiment", {"policy": "champion", "holdout": False})
        told = {"contact_id": contact, "channel": said.get("channel", "voice")}
        if "agent" in said:
            told["agent"] = {"agent_id": said["agent"]}
        answer = {"decision_id": decision, "customer_id": customer, "contact_id": contact, "decided_at": f"2026-{at}Z", "experiment": block}  # fmt: skip
        self.records.append(
            ("decision", {"request": {"customer_id": customer, "contact": told}, "decision": answer})
        )
        return decision

    def hears(self, decision: str, customer: str, kind: str, at: str, **said: Any) -> None:
        """An outcome of a save by voice."""
        outcome = {"decision_id": decision, "customer_id": customer, "kind": kind, "at": f"2026-{at}Z"}
        usual = {"contact_id": "K-1", "channel": "voice", "action_id": "save-12", "action_kind": "save", "family": "save", "reason": "unknown"}  # fmt: skip
        self.records.append(("outcome", outcome | usual | said))

    def tells(self, record: str, customer: str, at: str, /, **said: Any) -> None:
        """Any other record: an event, an exposure."""
        self.records.append((record, {"customer_id": customer, "at": f"2026-{at}Z", **said}))

    def holds(
        self, customer: str, product: str, since: date | None = None, until: date | None = None
    ) -> None:
        """A holding, from the beginning and until now where nothing is said."""
        self.held.append({"customer_id": customer, "product_id": product, "since": since, "until": until})

    def stays(self, customer: str, months: range, *, leaves: bool = False) -> None:
        """Rows of the customers table."""
        self.months += [
            {
                "customer_id": customer,
                "month": date(2026, month, 1),
                "churned": leaves and month == months[-1],
            }
            for month in months
        ]

    def write(self) -> Path:
        """The folder of tables and journal."""
        pl.DataFrame(
            self.held,
            schema={"customer_id": pl.String, "product_id": pl.String, "since": pl.Date, "until": pl.Date},
        ).write_parquet(self.folder / "holdings.parquet")
        if self.months:
            pl.DataFrame(self.months).write_parquet(self.folder / "customers.parquet")
        rows = [
            {"entry": f"{n}-0", "partition": "p00", "kind": kind, "id": str(n), "customer_id": "", "at": "", "record": None if record is None else json.dumps(record)}
            for n, (kind, record) in enumerate(self.records)
        ]  # fmt: skip
        place = self.folder / "journal" / "date=2026-01-01"
        place.mkdir(parents=True)
        pl.DataFrame(rows, schema=SCHEMA).write_parquet(place / "part-p00-0-0-to-9-0.parquet")
        return self.folder
