"""Processes the service starts beside itself: they end with it, on Linux also when it is killed."""

from __future__ import annotations

import os
import sys

_DIES_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Linux ends the child when the process that started it ends, also by kill -9. Runs between fork and the child."""


def bound_to_us(command: list[str]) -> list[str]:
    """The command that starts this one so that it does not outlive this process. Its program is a whole path."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", "-c", _DIES_WITH_PARENT, str(os.getpid()), *command]
