"""python -m tests.faults.slow_disk SECONDS serve ...      the service on a disk that takes so long to flush: every commit of the spool waits for it."""

from __future__ import annotations

import functools
import sqlite3
import sys
import time
from typing import Any

SECONDS = float(sys.argv.pop(1))


class SlowToFlush(sqlite3.Connection):
    """What it commits is on disk later, and said to be later."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            time.sleep(SECONDS)
        return super().execute(sql, *values)


if __name__ == "__main__":
    sqlite3.connect = functools.partial(sqlite3.connect, factory=SlowToFlush)  # type: ignore[assignment]
    from api.__main__ import main

    sys.exit(main())
