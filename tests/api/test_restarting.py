"""A process beside the service is started again when it ends, and ends when it is told to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from api.restarting import FIRST_SECONDS, MOST_SECONDS, STEADY_SECONDS, Restarting, next_wait

if TYPE_CHECKING:
    from pathlib import Path


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def test_who_ends_soon_waits_twice_as_long_each_time_and_never_more_than_a_minute() -> None:
    waits = [FIRST_SECONDS]
    for _ in range(8):
        waits.append(next_wait(waits[-1], 0.5))
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS]
    assert next_wait(MOST_SECONDS, STEADY_SECONDS) == FIRST_SECONDS


def test_what_ends_is_started_again_and_nothing_is_after_the_end(tmp_path: Path) -> None:
    file = tmp_path / "lives"
    beside = Restarting(["/bin/sh", "-c", f"echo $$ >> {file}"])
    for _ in range(1200):
        if len(lines(file)) >= 2:
            break
        time.sleep(0.05)
    beside.stop()
    lived = lines(file)
    assert len(set(lived)) == len(lived) >= 2
    time.sleep(0.1)
    assert lines(file) == lived


def test_the_end_ends_what_runs(tmp_path: Path) -> None:
    file = tmp_path / "lives"
    beside = Restarting(["/bin/sh", "-c", f"echo $$ >> {file}; exec sleep 600"])
    for _ in range(1200):
        if lines(file):
            break
        time.sleep(0.05)
    beside.stop()
    assert len(lines(file)) == 1
