"""Which core whom runs on where speed is judged: what serves on one, what loads it on the others, so that neither takes the other's time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.faults.lengths import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator

_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
_TASKSET = shutil.which("taskset") if FULL and len(_CORES) > 1 else None
"""What keeps them apart, where it can be done."""


def serving(command: list[str]) -> list[str]:
    """The command on the core of what serves."""
    return command if _TASKSET is None else [_TASKSET, "-c", str(_CORES[0]), *command]


def rewriting() -> tuple[str, ...]:
    """Options of a store whose child, which rewrites what was written, runs on another core, as it does wherever one is free."""
    return () if _TASKSET is None else ("--aof-rewrite-cpulist", ",".join(map(str, _CORES[1:])))


@contextmanager
def loading() -> Iterator[None]:
    """Here, and in what is started from here, on the other cores."""
    if _TASKSET is None:
        yield
        return
    os.sched_setaffinity(0, set(_CORES[1:]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(_CORES))


_SPIN = """
import os, sys
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == int(sys.argv[1]):
    sum(range(10_000))
"""


@contextmanager
def never_idle() -> Iterator[None]:
    """Where the load runs there is always something to do, which gives way to all else.

    Two cores may be two threads of one, and each is slower then while the other works: what is measured under little load would be measured
    on a quicker machine than what is measured in a flood.
    """
    with ExitStack() as stack:
        for core in () if _TASKSET is None else _CORES[1:]:
            command = [_TASKSET, "-c", str(core), sys.executable, "-c", _SPIN, str(os.getpid())]
            spinning = stack.enter_context(subprocess.Popen(command))
            stack.callback(spinning.kill)
        yield
