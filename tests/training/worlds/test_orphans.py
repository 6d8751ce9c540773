"""Worker processes end with the process they work for."""

from __future__ import annotations

import subprocess
import sys

PARENT = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import sleep
from training.worlds.orphans import end_with_parent
with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
    pool.submit(print, "at work", flush=True).result()
    pool.submit(sleep, 600).result()
"""


def test_a_worker_ends_when_its_parent_is_killed() -> None:
    """Its output is at an end only when nobody holds it any more, workers among them."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        parent.kill()
        assert parent.stdout.read() == ""
