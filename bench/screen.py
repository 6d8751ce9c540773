"""How long screening takes: sixty actions, a hundred and fifty rules, customers as they come.

What is timed begins with the facts and ends with eligible actions and what stopped the others: every condition asked, the mode
found, plain fields, rules, stock and caps looked at. Making the facts and pricing what is left are timed with the decision.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from typing import Any

from api.languages import spoken
from bench.decide import NOW, Case, simulated
from bench.provider import ACTIONS, provider
from models.domain import Contact, DecisionRequest
from models.knowledge import Knowledge, build_knowledge
from models.screening import screen
from models.situation import situation_of
from models.verdicts import Verdicts

BAR_MS = 0.6
RULES = 150


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}. Every customer is screened once: what is remembered of others helps as far as they are alike."""
    catalogue, policy = provider(ACTIONS, RULES)
    cases = simulated()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    rows = []
    for name, contact in (("save", {"intent": "cancel", "motive": "price"}), ("grow", {})):
        knowledge = build_knowledge(catalogue, policy, wordbooks=spoken())
        times = _times(knowledge, cases, {"contact_id": "K-1", "channel": "voice", **contact})
        median = statistics.median(times)
        rows += [
            _row(f"{name}.median", median, f"<= {BAR_MS}", median <= BAR_MS),
            _row(f"{name}.p99", statistics.quantiles(times, n=100)[98]),
        ]
    return rows


def _times(knowledge: Knowledge, cases: Sequence[Case], contact: dict[str, str]) -> list[float]:
    """Milliseconds, one a case."""
    times = []
    spoken = Contact.model_validate(contact)
    for customer, history in cases:
        request = DecisionRequest(customer_id=customer.customer_id, contact=spoken)
        situation = situation_of(
            request, customer, history, NOW, policy=knowledge.policy, portfolios=knowledge.portfolios
        )
        start = time.perf_counter()
        verdicts = Verdicts(knowledge.book, situation.values)
        gate = verdicts.mode()
        screen(situation, gate, verdicts, knowledge, history.outcomes)
        times.append((time.perf_counter() - start) * 1e3)
    return times


def _row(name: str, value: float, bar: str = "", holds: bool | None = None) -> dict[str, Any]:
    return {"name": f"screen.{name}", "value": round(value, 4), "unit": "ms", "bar": bar, "holds": holds}
