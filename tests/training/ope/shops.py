"""A shop whose journal is written by `decide` itself, and whose customers' answers are drawn with chances that are known."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.catalogue import load_catalogue
from models.decision import decide
from models.domain import Contact, Customer, DecisionRequest, History, Holding
from models.journal import DecisionRecord
from models.knowledge import build_knowledge
from models.policy import load_policy
from tests.builders import MODES, PRODUCTS, WAY_OUT, a_rule, an_offer, both, catalogue_bytes, policy_bytes
from training.archive import SCHEMA
from training.knowledge import shipped_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.knowledge import Knowledge

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = datetime(2026, 9, 1, tzinfo=UTC)
"""By then the days of every contact are over."""
NAMES = ("a", "b", "c")
MARGINS = {"a": 6.0, "b": 4.0, "c": 3.0}
COSTS = {"a": 0.0, "b": 0.0, "c": 30.0}
SHOP = [{"id": f"p-{name}", "family": f"f-{name}", "price": 20.0, "margin": MARGINS[name]} for name in NAMES]
FACTS = {"size": {"type": "number"}}
EXPLORE = {"rate": 0.8, "euros_a_day": 1e6, "never": "false", "within_euros": 1e6}


def offers(**changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What sells each product, and the way out."""
    return [
        *(an_offer(name, sells=[f"p-{name}"], acceptance={"rate": 0.2}, cost=COSTS[name]) | changes.get(name, {}) for name in NAMES),
        WAY_OUT,
    ]  # fmt: skip


def catalogue(**changes: Mapping[str, Any]) -> bytes:
    return catalogue_bytes(*offers(**changes), products=[*PRODUCTS, *SHOP])


def policy(**given: Any) -> bytes:
    usual = {
        "facts": FACTS,
        "modes": [dict(MODES[1], text=both("grow"))],
        "arbitration": {"explore": EXPLORE, "proposals": 1},
    }
    return policy_bytes(**{**usual, **given})


def only(name: str) -> dict[str, Any]:
    """A rule by which nothing else is offered to the large."""
    others = [other for other in NAMES if other != name]
    return a_rule("customer.size < 6.5", **{"for": {"actions": others}})


def knowledge_of(catalogue: bytes, policy: bytes) -> Knowledge:
    return build_knowledge(load_catalogue(catalogue), load_policy(policy), wordbooks=shipped_words())


def accepts(name: str, size: float) -> float:
    """The true chance."""
    return {"a": 0.2, "b": 0.3, "c": 0.15}[name] + 0.04 * (size - 5.0) * (name == "b")


@dataclass
class Shop:
    """Writes a journal and a shelf below `folder`."""

    folder: Path
    catalogue: bytes = field(default_factory=catalogue)
    policy: bytes = field(default_factory=policy)
    entries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    rate: float = 0.8

    def __post_init__(self) -> None:
        self.knowledge = knowledge_of(self.catalogue, self.policy)
        for name, data, version in (
            ("catalogue.yaml", self.catalogue, self.knowledge.versions.catalogue),
            ("policy.yaml", self.policy, self.knowledge.versions.policy),
        ):
            place = self.shelf / version.replace(":", "-")
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(data)

    @property
    def shelf(self) -> Path:
        return self.folder / "shelf"

    def decides(
        self,
        customer: str,
        contact: str,
        *,
        size: float = 4.0,
        at: datetime = START,
        holding: Sequence[str] = ("fiber",),
        consents: Mapping[str, bool] | None = None,
        history: History | None = None,
    ) -> DecisionRecord:
        """A decision of the shop, written down."""
        who = Customer(
            customer_id=customer,
            holdings=tuple(Holding(product_id=product) for product in holding),
            facts={"size": size},
            consents=dict(consents or {}),
        )
        request = DecisionRequest(customer_id=customer, contact=Contact(contact_id=contact, channel="voice"))
        decision = decide(
            request, who, history or History(), self.knowledge, now=at,
            decision_id=f"p00-{len(self.entries)}", explore=self.rate,
        )  # fmt: skip
        record = DecisionRecord(
            request=request, customer=who, history=history or History(), decision=decision
        )
        self.entries.append(("decision", json.loads(record.model_dump_json())))
        return record

    def hears(self, record: DecisionRecord, kind: str, *, days: float = 0.0, **told: Any) -> None:
        """An outcome of what stood first in it."""
        decision = record.decision
        first = decision.proposals[0]
        outcome = {
            "outcome_id": f"O-{len(self.entries)}",
            "decision_id": decision.decision_id,
            "contact_id": decision.contact_id,
            "customer_id": decision.customer_id,
            "action_id": first.action_id,
            "action_kind": first.kind,
            "family": first.action_id,
            "channel": "voice",
            "kind": kind,
            "at": (decision.decided_at + timedelta(minutes=1, days=days)).isoformat(),
        }
        self.entries.append(("outcome", {**outcome, **told}))

    def days(self, contacts: int, seed: int = 1) -> list[DecisionRecord]:
        """So many contacts of customers who hold fiber, ten an hour; everybody is asked and says yes with his true chance."""
        dice = np.random.default_rng(seed)
        records = []
        for number in range(contacts):
            size = float(np.round(dice.uniform(2.0, 8.0), 1))
            at = START + timedelta(minutes=6 * number)
            record = self.decides(f"C-{number}", f"K-{number}", size=size, at=at)
            yes = dice.random() < accepts(record.decision.proposals[0].action_id, size)
            self.hears(record, "accepted" if yes else "declined", **({} if yes else {"reason": "no_need"}))
            records.append(record)
        return records

    def write(self) -> Path:
        """The folder of the archive; its last entry is of LATER."""
        event = {
            "event_id": "E", "customer_id": "C-0", "kind": "contact", "contact_id": "K-last",
            "at": LATER.isoformat(), "channel": "voice",
        }  # fmt: skip
        rows = [
            {"entry": f"{number}-0", "partition": "p00", "kind": kind, "id": str(number), "record": json.dumps(record)}
            for number, (kind, record) in enumerate([*self.entries, ("event", event)])
        ]  # fmt: skip
        place = self.folder / "archive" / "journal" / "date=2026-01-05"
        place.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows, schema=SCHEMA).write_parquet(place / "part-p00-0-0-to-9-0.parquet")
        return self.folder / "archive"
