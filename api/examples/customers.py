"""A customer, alone and among many."""

from __future__ import annotations

from typing import Any

CUSTOMER_EXAMPLE: dict[str, Any] = {
    "customer_id": "C-1042",
    "holdings": [{"product_id": "mobile-20gb", "since": "2024-03-01"}],
    "facts": {"tenure_months": 32, "months_to_contract_end": 4},
    "consents": {"marketing": True},
}

BULK_EXAMPLE: dict[str, Any] = CUSTOMER_EXAMPLE

BULK_RESULTS_EXAMPLE: dict[str, Any] = {
    "line": 1,
    "status": "stored",
    "customer_id": "C-1042",
    "problem": None,
}
