"""Tables of a handful of customers, with a bundle whose numbers are known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from models.bundle import Bundle
from tests.builders import a_bundle, a_churn_model
from training.archive import SCHEMA
from training.measured.given import Given, read_given

MONTHS = [f"2026-0{month}-01" for month in range(1, 7)]
"""January to June 2026."""


@dataclass
class World:
    """A data folder to be filled; what is left out is not written."""

    folder: Path
    holdings: str = "C-1,tv,2026-01-05,\n"
    months: str | None = None
    records: list[tuple[str, dict[str, Any]]] | None = None

    def lives(self, **customers: str) -> None:
        """By customer a letter a month from January on: s stayed, l left (for price), u left unpaid, . no row."""
        rows = ["customer_id,month,churned,churn_motive"]
        for customer, life in customers.items():
            for month, letter in zip(MONTHS, life, strict=False):
                if letter != ".":
                    motive = {"l": "price", "u": "non-payment"}.get(letter, "")
                    rows.append(
                        f"{customer.replace('_', '-')},{month},{str(letter in 'lu').lower()},{motive}"
                    )
        self.months = "\n".join(rows) + "\n"

    def contact(self, customer: str, month: int, intent: str = "cancel", motive: str | None = "price") -> str:
        """A contact on the tenth; its id."""
        number, at = f"K-{customer}-{month}", f"2026-0{month}-10T12:00:00+00:00"
        told = {"contact_id": number, "customer_id": customer, "at": at, "channel": "voice", "intent": intent}
        self._record("event", {"kind": "contact", **told, **({"motive": motive} if motive else {})})
        return number

    def said(
        self, customer: str, month: int, *became: str, action: str = "cheaper", kind: str = "save"
    ) -> None:
        """A proposal in the contact of that month, and what became of it."""
        for minute, one in enumerate(("shown", "spoken", *became)):
            told = {
                "decision_id": f"p00-{customer}-{month}",
                "contact_id": f"K-{customer}-{month}",
                "customer_id": customer,
                "channel": "voice",
                "at": f"2026-0{month}-10T12:{minute:02d}:00+00:00",
            }
            self._record("outcome", {"kind": one, "action_id": action, "action_kind": kind, **told})

    def decided(self, record: str) -> None:
        """A decision as the service wrote it."""
        self._record("decision", json.loads(record))

    def read(self, bundle: Bundle | None = None, **documents: Path) -> Given:
        """What the report is made of."""
        self.write()
        return read_given(self.folder, bundle or a_bundle(churn=a_churn_model(0.1, tv=0.0)), **documents)

    def write(self) -> Path:
        """The folder."""
        (self.folder / "holdings.csv").write_text(f"customer_id,product_id,since,until\n{self.holdings}")
        if self.months is not None:
            (self.folder / "customers.csv").write_text(self.months)
        if self.records is not None:
            rows = [
                {"entry": f"{n}-0", "partition": "p00", "kind": kind, "id": str(n), "customer_id": "C", "at": "", "record": json.dumps(record)}
                for n, (kind, record) in enumerate(self.records)
            ]  # fmt: skip
            part = self.folder / "journal" / "date=2026-06-30"
            part.mkdir(parents=True, exist_ok=True)
            pl.DataFrame(rows, schema=SCHEMA).write_parquet(part / "part-p00-0-0-to-9-0.parquet")
        return self.folder

    def _record(self, kind: str, record: dict[str, Any]) -> None:
        self.records = [*(self.records or []), (kind, record)]


def texts_of(root: Any, tag: str = "td") -> list[str]:
    """The words of every such element, in order."""
    return ["".join(cell.itertext()) for cell in root.iter(tag)]


def rows_of(root: Any) -> list[list[str]]:
    """The words of every row of every table."""
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


def plain(text: str) -> str:
    """With common spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
