"""An hour of everything callers do: memory and file descriptors stay where they were.

At full length that is an hour at RATE. Parts of it ask as many requests as that part of the hour has, faster: what leaks, leaks with requests.

Memory also follows how much is known of those who ask: a decision reads a history whole, so one with 180 contacts takes more for a moment than one
with none, and an allocator keeps the most it ever needed at once. Customers are as many as make a steady state of an hour: by its end
each has asked four times, as in a busy month. Few customers would not be a leak, but people who call every half minute.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tests.api.running import a_customer, an_event
from tests.faults.lengths import SCALE, at_length
from tests.faults.load import Asked, a_decision, under_load
from tests.faults.processes import waited_for

if TYPE_CHECKING:
    from tests.faults.figures import Figures
    from tests.faults.rig import Service

HOUR, RATE, FASTER = 3600.0, 20.0, 100.0
CUSTOMERS = 20_000
WARM = 0.25
"""Of the time, before it is measured: until what is remembered of rules and texts is there."""
AT_ONCE, BUSY = 8, 503
FEW = 2 * AT_ONCE
"""Descriptors by which a service nobody is connected to may vary: it keeps as many connections to the store as it ever needed at once."""
SAMPLES = 240


class Sample(NamedTuple):
    at: float
    resident: float


def everything(number: int) -> Asked:
    """The n-th request: decisions mostly, and all that comes between them, also what is refused."""
    customer = f"C-{number % CUSTOMERS}"
    stored, event = (
        a_customer(customer, "fiber", tenure_months=number % 90),
        an_event(f"e-{number}", customer),
    )
    others = {
        3: Asked(f"/v1/customers/{customer}", json.dumps(stored).encode(), "PUT"),
        8: Asked("/v1/events", json.dumps({"events": [event]}).encode()),
        13: a_decision(number, CUSTOMERS, detail="full"),
        18: Asked("/v1/decisions", b'{"customer_id": 7', about=number),
        21: Asked("/metrics", b"", "GET"),
        23: Asked("/v1/decisions/p00-none", b"", "GET"),
    }
    return others.get(number % 25) or a_decision(number, CUSTOMERS)


def answered(asked: Asked) -> list[Asked]:
    """What is told of every fifth decision."""
    if asked.path != "/v1/decisions" or asked.status != 200 or asked.about % 5:
        return []
    decision = asked.json()
    if "record" in decision["degraded"]:  # nobody would know it
        return []
    outcomes = [
        {
            "outcome_id": f"o-{asked.about}-{kind}",
            "decision_id": decision["decision_id"],
            "action_id": decision["proposals"][0]["action_id"],
            "kind": kind,
            "at": decision["decided_at"],
            **({"reason": "unknown"} if kind == "declined" else {}),
        }
        for kind in ("spoken", "accepted" if asked.about % 2 else "declined")
        if decision["proposals"]
    ]
    return [Asked("/v1/outcomes", json.dumps({"outcomes": outcomes}).encode())] if outcomes else []


def descriptors(service: Service) -> int:
    return len(list(Path(f"/proc/{service.pid}/fd").iterdir()))


def growth(samples: list[Sample]) -> float:
    """By how much of itself memory grows from the first sample to the last, by a straight line through all of them."""
    at, resident = np.array(samples).T
    slope = np.polyfit(at - at[0], resident, 1)[0]
    return float(slope * (at[-1] - at[0]) / resident.mean())


def played(service: Service, seconds: float, rate: float, first: int) -> tuple[list[Asked], list[Sample]]:
    """So long, from the request of this number on; nobody is connected any more when it returns."""
    samples, end = [], time.monotonic() + seconds
    with under_load(service.port, rate, lambda number: everything(first + number), answered, AT_ONCE) as load:
        while time.monotonic() < end:
            time.sleep(seconds / SAMPLES)
            samples.append(Sample(time.monotonic(), service.resident()))
    return list(load.asked), samples


def test_memory_and_descriptors_stay_where_they_were(service: Service, figures: Figures) -> None:
    whole = SCALE == 1.0
    rate = RATE if whole else FASTER
    seconds = HOUR if whole else at_length(8.0, HOUR * RATE / FASTER)
    warming, _ = played(service, WARM * seconds, rate, 0)
    before = descriptors(service)
    asked, samples = played(service, seconds, rate, len(warming) * 25)
    waited_for(lambda: descriptors(service) <= before + FEW)
    refused = [one for one in asked if one.status == BUSY]
    strange = [one.answer or one.error for one in asked if one.status not in {200, 400, 404, BUSY}]
    grown = growth(samples)
    what = "% in an hour" if whole else f"% in the requests of {seconds * rate / RATE / 60:.1f} minutes"
    figures.add("soak: requests", len(asked), "answered")
    figures.add("soak: neither answered nor refused", len(strange), "", "0", not strange)
    figures.add(
        "soak: refused, too much to do",
        len(refused),
        "",
        "0" if whole else "",
        not refused if whole else None,
    )
    figures.add("soak: resident memory, at first", samples[0].resident / 1e6, "MB")
    figures.add("soak: resident memory, at last", samples[-1].resident / 1e6, "MB")
    figures.add(
        "soak: it grows by", 100 * grown, what, "<= 1" if whole else "", grown <= 0.01 if whole else None
    )
    figures.add("soak: descriptors at rest", descriptors(service), "", f"{before} before", holds=True)
    assert strange == []
    assert len(refused) < len(asked) / 2
    assert grown <= 0.10
