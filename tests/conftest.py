"""No test fails because the machine is slow, and what takes longest is begun first."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# Several processes share the cores: threads of one sum would wait for each other in loops. Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores, for browsers and servers are waited for; each has a store of its own."""
    return min((os.cpu_count() or 1) + 1, 4)


MEMORY, ROOM = Path("/dev/shm"), 2e9  # what is made below it is in a folder of this user's own


def pytest_configure(config: pytest.Config) -> None:
    """Stores and registries flush what they write; where there is room for it, to memory: how long a disk takes is no matter of a test."""
    named = config.getoption("basetemp") or "PYTEST_DEBUG_TEMPROOT" in os.environ
    if not named and MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)


def pytest_sessionstart(session: pytest.Session) -> None:
    """In a process of xdist, pytest-cov has by now begun to measure as if alone, and is about to begin as one of several.

    `no_cover` pauses the second only, and the first, which nobody reads, would take over.
    """
    coverage = session.config.pluginmanager.get_plugin("_cov")
    if (
        hasattr(session.config, "workerinput")
        and coverage is not None
        and coverage.cov_controller is not None
    ):
        coverage.cov_controller.pause()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those too long to be measured come first: whoever is done early takes short ones over, and no process is last with a long one."""
    items.sort(key=lambda item: item.get_closest_marker("no_cover") is None)
