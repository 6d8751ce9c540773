"""Going back from a bundle."""

from __future__ import annotations

from typing import Any

from api.examples.decisions import VERSIONS

EARLIER, DOCUMENTS = "sha256:91a3…", "sha256:0b7e…"

ROLLBACK_EXAMPLE: dict[str, Any] = {"part": "bundle"}

RESUME_EXAMPLE: dict[str, Any] = {"part": "bundle"}

IN_USE_EXAMPLE: dict[str, Any] = {
    "parts": [
        {
            "part": "bundle",
            "version": EARLIER,
            "before": [],
            "pin": {
                "use": EARLIER,
                "refused": [VERSIONS["bundle"]],
                "hold": False,
                "by": "operations",
                "at": "2026-11-21T20:31:00Z",
            },
            "stays": "somebody went back from it; POST /v1/admin/resume takes it again",
        },
        {"part": "documents", "version": DOCUMENTS, "before": [], "pin": None, "stays": None},
        {"part": "learned", "version": "none", "before": [], "pin": None, "stays": None},
    ],
    "told": True,
}
