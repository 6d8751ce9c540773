"""What the demo desk's routes answer, as the contract shows it."""

from __future__ import annotations

from typing import Any

HELD = {"product_id": "mobile-m", "name": "Mobile 20 GB", "price": 18.5, "since": "2024-03-01"}

DESK_CUSTOMERS_EXAMPLE: dict[str, Any] = {
    "customers": [
        {
            "customer_id": "C-1042",
            "holdings": [{"product_id": "mobile-m", "name": "Mobile 20 GB", "price": None, "since": None}],
        }
    ],
    "next": "C-1042",
}

DESK_CALL_EXAMPLE: dict[str, Any] = {
    "number": 0,
    "about": "leaving",
    "customer_id": "C-1042",
    "intent": "cancel",
    "subject": None,
    "product_id": None,
    "motive": "price",
    "queue_load": 0.4,
}

DESK_CARD_EXAMPLE: dict[str, Any] = {
    "customer_id": "C-1042",
    "holdings": [HELD],
    "monthly_price": 18.5,
    "facts": [
        {
            "fact": "months_to_contract_end",
            "name": "the number of months left of the term",
            "text": "4",
            "until": "2027-03-22",
        }
    ],
    "trends": [{"name": "data use of last month in GB", "values": [3.4, 3.1, 2.9]}],
    "consents": [{"consent": "marketing", "name": "offers", "given": True}],
    "events": [],
    "outcomes": [],
    "history_lost": False,
}
