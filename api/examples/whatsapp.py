"""A delivery of messages, and what was understood of it."""

from __future__ import annotations

from typing import Any

from api.examples.decisions import DECISION_ID

DELIVERY_EXAMPLE: dict[str, Any] = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "102290129340398",
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "messaging_product": "whatsapp",
                        "metadata": {
                            "display_phone_number": "31201234567",
                            "phone_number_id": "106540352242922",
                        },
                        "messages": [
                            {
                                "from": "31612345678",
                                "id": "wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQzQUI0NkE4NjM1QTU2NjVGOURGQgA=",
                                "timestamp": "1795291920",
                                "type": "interactive",
                                "interactive": {
                                    "type": "button_reply",
                                    "button_reply": {
                                        "id": f"take|{DECISION_ID}|right-size-mobile",
                                        "title": "Naar Mobiel 5 GB",
                                    },
                                },
                            }
                        ],
                    },
                }
            ],
        }
    ],
}

UNDERSTOOD_EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "message_id": "wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQzQUI0NkE4NjM1QTU2NjVGOURGQgA=",
            "meaning": "take",
            "customer_id": "C-1042",
            "contact_id": "chat-88231",
            "decision_id": DECISION_ID,
            "action_ids": ["right-size-mobile"],
            "new": True,
        }
    ]
}
