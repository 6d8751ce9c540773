"""How long one decision takes in process: sixty actions, forty rules, every model in place, customers as they come.

Each of some thousand simulated customers is asked about once a round, so that what is remembered of one helps the next only as far
as real customers are alike; one customer asked again and again is printed beside it.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.languages import spoken
from bench.made_up import made_up_bundle
from bench.provider import provider
from models.bundle import open_bundle
from models.decision import decide
from models.domain import Contact, Customer, DecisionRequest, Event, Flags, History
from models.knowledge import Knowledge, build_knowledge

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
BAR_MS = 0.5
CUSTOMERS, ROUNDS = 3_000, 3
Case = tuple[Customer, History]


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}."""
    catalogue, policy = provider()
    bundle = open_bundle(made_up_bundle(catalogue, policy))
    cases = simulated()
    # The service quiets the garbage collector in the same way when it starts.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    rows = []
    for flag in ("winner", "implicit"):
        knowledge = build_knowledge(
            catalogue, policy, bundle, flags=Flags.model_validate({"propensity": flag}), wordbooks=spoken()
        )
        for name, contact in (("save", {"intent": "cancel", "motive": "price"}), ("grow", {})):
            question = {"contact_id": "K-1", "channel": "voice", **contact}
            times = _times(knowledge, cases * ROUNDS, question)[len(cases) :]
            alone = _times(knowledge, cases[:1] * CUSTOMERS, question)[CUSTOMERS // 10 :]
            median = statistics.median(times)
            rows += [
                _row(f"{flag}.{name}.median", median, f"<= {BAR_MS}", median <= BAR_MS),
                _row(f"{flag}.{name}.p99", statistics.quantiles(times, n=100)[98]),
                _row(f"{flag}.{name}.one_customer", statistics.median(alone)),
            ]
    return rows


def simulated() -> list[Case]:
    """Customers of a simulated provider with what happened to them."""
    with tempfile.TemporaryDirectory(prefix="behoud-bench-") as folder:
        command = [
            sys.executable,
            "-m",
            "training",
            "simulate",
            "--customers",
            str(CUSTOMERS),
            "--months",
            "12",
        ]
        command += ["--seed", "3", "--until", NOW.date().isoformat(), "--out", f"{folder}/world"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        customers = (Path(folder) / "world" / "customers.ndjson").read_text().splitlines()
        told = (Path(folder) / "world" / "events.ndjson").read_text().splitlines()
    events: dict[str, list[Event]] = {}
    for line in told:
        event = Event.model_validate(json.loads(line))
        events.setdefault(event.customer_id, []).append(event)
    known = [Customer.model_validate_json(line) for line in customers]
    return [(customer, History(events=tuple(events.get(customer.customer_id, ())))) for customer in known]


def _times(knowledge: Knowledge, cases: Sequence[Case], contact: dict[str, str]) -> list[float]:
    """Milliseconds, one a case."""
    times = []
    spoken = Contact.model_validate(contact)
    for customer, history in cases:
        request = DecisionRequest(customer_id=customer.customer_id, contact=spoken)
        start = time.perf_counter()
        decide(request, customer, history, knowledge, now=NOW, decision_id="p00-bench")
        times.append((time.perf_counter() - start) * 1e3)
    return times


def _row(name: str, value: float, bar: str = "", holds: bool | None = None) -> dict[str, Any]:
    return {"name": f"decide.{name}", "value": round(value, 4), "unit": "ms", "bar": bar, "holds": holds}
