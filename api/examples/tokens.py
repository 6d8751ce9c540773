"""A token asked for and given."""

from __future__ import annotations

from typing import Any

TOKEN_REQUEST_EXAMPLE: dict[str, Any] = {
    "agent_id": "A-17",
    "contact_id": "call-88231",
    "customer_id": "C-1042",
    "authority": 10.0,
    "minutes": 15,
}

TOKEN_EXAMPLE: dict[str, Any] = {
    "token": "bt_eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…",
    "expires_at": "2026-11-21T20:41:00Z",
}
