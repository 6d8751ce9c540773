"""A worker process that does not outlive the one it works for: a killed parent cannot tell its workers to stop, so each looks itself."""

from __future__ import annotations

import os
import threading
from multiprocessing import parent_process


def end_with_parent() -> None:
    """To be called in a worker when it starts: it ends at once when its parent is gone, whatever it is at."""
    threading.Thread(target=_outlived, daemon=True).start()


def _outlived() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
