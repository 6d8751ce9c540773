"""Bar 2. Service and store killed at random moments under load: what was acknowledged is in the journal, once, also on a disk that is slow."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from models.domain import PARTITIONS
from tests.faults.lengths import FULL, times
from tests.faults.load import told_of, under_load
from tests.faults.processes import waited_for
from tests.faults.rig import Service, client_of
from tests.faults.test_store_gone import asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.figures import Figures
    from tests.faults.load import Load
    from tests.faults.rig import Valkey

RATE = 15.0
SLOW_SECONDS = 0.04
"""How long a slow disk takes to flush: less than a decision waits for the spool, so that what it lets through can still be lost."""


@contextmanager
def stuttering(valkey: Valkey) -> Iterator[None]:
    """Its disk is slow to flush: with `appendfsync always` its one thread stands still meanwhile."""
    over = threading.Event()

    def stutter() -> None:
        while not over.wait(SLOW_SECONDS):
            valkey.stutter(SLOW_SECONDS)

    thread = threading.Thread(target=stutter)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def killed_at_random(service: Service, valkey: Valkey, seed: int) -> list[float]:
    """How long each took to be ready again."""
    kills: list[Any] = [service] * times(2, 100) + [valkey] * times(1, 50)
    dice = random.Random(seed)
    dice.shuffle(kills)
    took = []
    for process in kills:
        time.sleep(dice.uniform(0.2, 1.2))
        process.kill()
        if process is valkey:
            time.sleep(dice.uniform(0.0, 1.0))
        took.append(process.start())
    return took


def sent_again(service: Service, load: Load) -> Counter[int]:
    """Whoever was not answered sends the same again, as a caller does, until it is taken or refused for good."""
    found: Counter[int] = Counter()
    for one in list(load.asked):
        if one.path == "/v1/outcomes" and one.status != 200:
            waited_for(lambda one=one: service.ask("POST", one.path, one.body)[0] in (200, 422))  # type: ignore[misc]
            found[service.ask("POST", one.path, one.body)[0]] += 1
    return found


def in_the_journal(valkey: Valkey) -> Counter[str]:
    with client_of(valkey.url) as client:
        return Counter(
            fields[b"id"].decode()
            for number in range(PARTITIONS)
            for _, fields in client.xrange(f"{{p{number:02d}}}:journal")
            if fields[b"kind"] == b"outcome"
        )


def judged(
    service: Service, valkey: Valkey, load: Load, took: list[float], name: str, figures: Figures
) -> None:
    """Everything acknowledged counts, and nothing twice."""
    again = sent_again(service, load)
    for kind in ("outcome", "decision"):
        waited_for(lambda kind=kind: service.figure(f'behoud_spool_backlog{{kind="{kind}"}}') == 0.0)  # type: ignore[misc]
    taken = {one.about for one in load.asked if one.path == "/v1/outcomes" and one.status == 200}
    with suppress(AssertionError):  # said below, with the figures
        waited_for(lambda: taken <= set(in_the_journal(valkey)))
    counts = in_the_journal(valkey)
    lost = taken - set(counts)
    twice = {name: count for name, count in counts.items() if count != 1}
    figures.add(f"kills.{name}.kills", len(took), "kills")
    figures.add(f"kills.{name}.acknowledged", len(taken), "outcomes")
    figures.add(f"kills.{name}.lost", len(lost), "outcomes", "0", not lost)
    figures.add(f"kills.{name}.twice", len(twice), "outcomes", "0", not twice)
    figures.add(f"kills.{name}.sent_again", again.total(), "outcomes")
    figures.add(f"kills.{name}.ready", max(took), "s", "<= 5", max(took) <= 5.0)
    assert taken
    assert (lost, twice) == (set(), {})


def test_no_acknowledged_outcome_is_lost_or_counted_twice_whoever_is_killed(
    service: Service, valkey: Valkey, figures: Figures
) -> None:
    with under_load(service.port, RATE, asked, told_of) as load:
        took = killed_at_random(service, valkey, seed=1)
    judged(service, valkey, load, took, "plain", figures)


@pytest.mark.skipif(not FULL, reason="the same at length, with a disk that is slow")
def test_nor_while_the_disks_are_slow_to_flush(tmp_path: Path, valkey: Valkey, figures: Figures) -> None:
    service = Service(tmp_path / "slow", valkey.url)
    service.program = ("-m", "tests.faults.slow_disk", str(SLOW_SECONDS))
    with service.started():
        with stuttering(valkey), under_load(service.port, RATE, asked, told_of) as load:
            took = killed_at_random(service, valkey, seed=2)
        judged(service, valkey, load, took, "slow", figures)
