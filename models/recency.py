"""How long ago a customer last took something, as a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

SINCE_LAST = "months_since_last_acquisition"
"""A fact derived from the dates of the holdings; a caller who knows the dates adds it with `recency`."""

DAYS_A_MONTH = 30.4375


def recency(since: Iterable[date], at: date) -> dict[str, float]:
    """The derived fact about dates: months since the youngest holding at `at`; nothing when no date lies before `at`."""
    days = [(at - start).days for start in since if start <= at]
    return {SINCE_LAST: min(days) / DAYS_A_MONTH} if days else {}
