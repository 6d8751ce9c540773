"""Whether the service is alive and ready, and what it counts."""

from __future__ import annotations

from typing import Any

from api.examples.decisions import VERSIONS

ALIVE_EXAMPLE: dict[str, Any] = {"status": "alive"}

READY_EXAMPLE: dict[str, Any] = {
    "ready": True,
    "store": "answers",
    "durability": "always",
    "versions": VERSIONS,
    "stays": {"bundle": "bundle refused: winner.npz: its SHA-256 is not the one in the manifest"},
}

METRICS_EXAMPLE = 'behoud_decisions_total{channel="voice",mode="save",result="new"} 12.0\n'
