"""Bar 1. The store killed, paused and slow under load: every decision comes, in time, and outcomes are taken all the while.

At full length service and store have one core together and the load has the others, also while it is measured what they can do.
"""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.lengths import FULL, SCALE, at_length
from tests.faults.load import Asked, a_decision, capacity, percentile, told_of, under_load
from tests.faults.processes import waited_for
from tests.faults.rig import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.figures import Figures
    from tests.faults.load import Load
    from tests.faults.rig import Valkey, Way

SHARE = float(os.environ.get("BEHOUD_FAULTS_SHARE", "0.7"))
"""Of what the service can do; less where a machine has other things to do too."""
TURNS, MEASURED = 20, 3.0
"""How often and for how many seconds it is measured what it can do. The least of them counts: machines change their speed within a minute."""
LATELY = 500
"""Answers that are looked at while it is waited for."""
MOST_SECONDS, MOST_P99, AGAIN_WITHIN = 0.3, 0.15, 5.0
RELAYED_WITHIN = 600.0
"""Seconds: what three minutes have left behind is worked off beside what is asked meanwhile, and after it."""
SAID = {
    "holdings": [{"product_id": "fiber"}],
    "consents": {"marketing": True, "profiling": True},
    "facts": {
        "tenure_months": 24,
        "months_to_contract_end": 2,
        "contract": "year",
        "data_gb": 3,
        "vulnerable": False,
    },
}
"""All that is asked about the customer, so that nothing is missing while all is well."""


@pytest.fixture
def service(tmp_path: Path, way: Way) -> Iterator[Service]:
    """With a store at the end of a way that can be made slow. In moments on a busy machine nothing is judged, and nobody refused."""
    patient = {} if FULL else {"BEHOUD_TOO_LATE_MS": "60000"}
    with Service(tmp_path / "service", way.url, **patient).started() as found:
        yield found


def asked(number: int) -> Asked:
    return a_decision(number, **SAID)


def before(turn: int) -> Callable[[int], Asked]:
    """The same of other contacts: what was asked once is answered from what is kept."""
    return lambda number: a_decision(number, seed=1 + turn, **SAID)


def told(one: Asked) -> list[Asked]:
    return told_of(one, every=5)


def waiting_outcomes(service: Service) -> float:
    return service.figure('behoud_spool_backlog{kind="outcome"}')


def decisions(load: Load, since: float, until: float) -> list[Asked]:
    """Those that were answered."""
    found = load.answered(since, until)
    return [one for one in found if one.path == "/v1/decisions" and one.status == 200]


def is_valid(one: Asked) -> bool:
    decision: dict[str, Any] = one.json()
    return bool(decision["decision_id"]) and decision["mode"] != "" and "proposals" in decision


@pytest.mark.usefixtures("apart")
def test_the_store_gone_shows_in_no_answer_but_as_what_it_lacked(
    service: Service, valkey: Valkey, way: Way, figures: Figures
) -> None:
    lasts = at_length(1.0, 60.0)
    can = sorted(
        capacity(service.port, MEASURED * SCALE, before(n), told) for n in range(TURNS if FULL else 0)
    )
    rate = SHARE * can[0] if FULL else 20.0
    faults = {
        "killed": (valkey.kill, valkey.start),
        "paused": (valkey.pause, valkey.resume),
        "slow": (lambda: way.slow(0.2), lambda: way.slow(0.0)),
    }
    with uncollected(), under_load(service.port, rate, asked, told) as load:
        time.sleep(lasts)
        usual = percentile(decisions(load, 0.0, float("inf")), 0.99)
        spans = {}
        for name, (break_it, mend_it) in faults.items():
            began = time.monotonic()
            break_it()
            time.sleep(lasts)
            waited_for(lambda since=began: impaired(load, since))  # type: ignore[misc]
            mend_it()
            mended = time.monotonic()
            waited_for(lambda: unimpaired(load, time.monotonic() - 0.5))
            time.sleep(at_length(0.0, 10.0))
            spans[name] = began, mended, time.monotonic()
    figures.add("gone.left_to_relay", waiting_outcomes(service), "outcomes")
    relayed = waited_for(lambda: not waiting_outcomes(service), RELAYED_WITHIN, every=at_length(0.05, 1.0))
    figures.add("gone.relayed_within", relayed, "s")
    for name, least_or_most in zip(("least", "most"), (can[0], can[-1]), strict=True) if can else ():
        figures.add(f"gone.capacity.{name}", least_or_most, "decisions/s")
    figures.add("gone.rate", rate, "decisions/s")
    figures.add("gone.before.p99", usual * 1000, "ms")
    figures.add("gone.load_late_p99", late_p99(load) * 1000, "ms")
    for name, span in spans.items():
        judge(figures, load, name, span, usual)
    refused = Counter((one.path, one.status, one.error) for one in load.asked if one.status != 200)
    figures.add("gone.refused", refused.total(), "requests", "0", not refused)
    assert refused == {}
    assert [one for one in decisions(load, 0.0, float("inf")) if not is_valid(one)] == []


@contextmanager
def uncollected() -> Iterator[None]:
    """Hundreds of thousands of requests are kept: to look through them would make the load late, not the service."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def lately(load: Load, since: float) -> list[bytes]:
    """Decisions due since then; by their bytes, as the load shares this process."""
    found = [one for one in load.latest(LATELY) if one.path == "/v1/decisions" and one.status == 200]
    return [one.answer for one in found if one.due >= since]


def impaired(load: Load, since: float) -> bool:
    return any(b'"degraded":["store"' in answer for answer in lately(load, since))


def unimpaired(load: Load, since: float) -> bool:
    found = lately(load, since)
    return bool(found) and all(b'"degraded":[]' in answer for answer in found)


def late_p99(load: Load) -> float:
    """How late the load itself was, seconds."""
    late = sorted(one.sent - one.due for one in load.asked)
    return late[int(len(late) * 0.99)]


def judge(figures: Figures, load: Load, name: str, span: tuple[float, float, float], usual: float) -> None:
    """`span`: when it was broken, when mended, and when the next was broken."""
    began, mended, over = span
    during = decisions(load, began, mended)
    after = [one for one in decisions(load, mended, over) if one.done < over]  # else the next fault met it
    still = [one.due - mended for one in after if one.json()["degraded"]]
    again, slowest = max(still, default=0.0), max(one.seconds for one in (*during, *after))
    p99, most = percentile(during, 0.99), max(2 * usual, MOST_P99)
    refused = [one for one in load.answered(began, over) if one.status != 200]
    figures.add(f"gone.{name}.decisions", len(during), "decisions")
    figures.add(f"gone.{name}.refused", len(refused), "requests", "0", not refused)
    figures.add(f"gone.{name}.p99", p99 * 1000, "ms", f"<= {most * 1000:.0f}", p99 <= most)
    figures.add(f"gone.{name}.slowest", slowest * 1000, "ms", "<= 300", slowest <= MOST_SECONDS)
    figures.add(f"gone.{name}.again", again, "s", "<= 5", again <= AGAIN_WITHIN)
