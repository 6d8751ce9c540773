"""What happened to a customer."""

from __future__ import annotations

from typing import Any

EVENTS_EXAMPLE: dict[str, Any] = {
    "events": [
        {
            "event_id": "crm-55120",
            "customer_id": "C-1042",
            "kind": "complaint_opened",
            "at": "2026-11-04T09:30:00+01:00",
            "subject": "billing",
        }
    ]
}

TAKEN_EVENTS_EXAMPLE: dict[str, Any] = {"results": [{"id": "crm-55120", "status": "new"}]}
