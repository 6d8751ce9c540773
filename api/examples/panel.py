"""What an agent picks from."""

from __future__ import annotations

from typing import Any

PANEL_EXAMPLE: dict[str, Any] = {
    "language": "en",
    "languages": ["nl", "en"],
    "currency": "EUR",
    "timezone": "Europe/Amsterdam",
    "intents": [{"value": "cancel", "label": "Wants to cancel"}],
    "motives": [{"value": "price", "label": "Too expensive"}],
    "decline_reasons": [{"value": "too_expensive", "label": "Still too expensive"}],
    "skip_reasons": [{"value": "wrong_moment", "label": "Wrong moment"}],
    "exit_reasons": [{"value": "too_expensive", "label": "Too expensive", "motive": "price"}],
    "actions": [{"action_id": "cancel", "title": "Cancel the contract", "cancels": True}],
    "facts": {"data_used_gb": "data use in GB"},
}
