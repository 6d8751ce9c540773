"""How long one decision takes in process: the example provider with every model in place, a customer with a history."""

from __future__ import annotations

import gc
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.made_up import made_up_bundle
from bench.provider import ACTIONS, RULES, documents
from models.bundle import open_bundle
from models.catalogue import load_catalogue
from models.decision import decide
from models.domain import Contact, Customer, DecisionRequest, Event, Flags, History, Holding
from models.knowledge import build_knowledge
from models.policy import load_policy

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
BAR_MS = 0.5
FACTS = {
    "tenure_months": 30,
    "months_to_contract_end": 2,
    "contract": "one_year",
    "data_used_gb": 3.1,
    "data_plan_gb": 20.0,
    "household_size": 3,
    "age": 44,
    "fiber_available": True,
    "instalments_left": 0,
    "arrears_eur": 0.0,
    "vulnerable": False,
    "moving_soon": False,
    "monthly_bill": 71.5,
}


def measure(rounds: int = 3_000) -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}."""
    written = documents()
    catalogue, policy = load_catalogue(written[0]), load_policy(written[1])
    assert (len(catalogue.actions), len(policy.rules)) == (ACTIONS, RULES)
    bundle = open_bundle(made_up_bundle(catalogue, policy))
    # The service quiets the garbage collector in the same way when it starts.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    rows = []
    for flag in ("winner", "implicit"):
        knowledge = build_knowledge(
            catalogue, policy, bundle, flags=Flags.model_validate({"propensity": flag})
        )
        for name, request in (("save", _request(intent="cancel", motive="price")), ("grow", _request())):
            times = []
            for number in range(rounds):
                start = time.perf_counter()
                decide(request, CUSTOMER, HISTORY, knowledge, now=NOW, decision_id="p00-bench")
                if number >= rounds // 10:
                    times.append((time.perf_counter() - start) * 1e3)
            median = statistics.median(times)
            rows.append(
                {
                    "name": f"decide.{flag}.{name}.median",
                    "value": round(median, 4),
                    "unit": f"ms, {len(catalogue.actions)} actions, {len(policy.rules)} rules",
                    "bar": f"<= {BAR_MS}",
                    "holds": median <= BAR_MS,
                }
            )
    return rows


def _request(**contact: str) -> DecisionRequest:
    said = {"contact_id": "K-1", "channel": "voice", **contact}
    return DecisionRequest(customer_id="C-1", contact=Contact.model_validate(said))


CUSTOMER = Customer(
    customer_id="C-1",
    holdings=tuple(
        Holding(product_id=product_id) for product_id in ("internet-fiber-400", "mobile-l", "tv-basic")
    ),
    facts=FACTS,
    consents={"marketing": True, "profiling": True, "telemarketing": True},
)
HISTORY = History(
    events=tuple(
        Event(
            event_id=f"E-{days}",
            customer_id="C-1",
            kind="contact",
            at=NOW - timedelta(days=days),
            contact_id=f"K{days}",
        )
        for days in (40, 200, 300)
    )
)
