"""Customers of whom something stored is broken: each costs himself a degraded answer, is counted, and stands in a list until somebody has looked.

What is found is kept in memory until it is written to the store, where all replicas have one list and the command `quarantine` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import orjson

from api.connection import StoreAwayError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from api.store import Store

What = Literal["store", "customer", "history", "decision"]
"""As in `degraded`; of a decision its record."""
MOST: Final = 1_000
"""Of more nobody keeps a list: then it is not one customer."""


def _nobody_counts(_what: What) -> None:
    """Until the service has figures."""


@dataclass
class Poison:
    """`counted` is told of every find."""

    counted: Callable[[What], None] = _nobody_counts
    _found: dict[str, bytes] = field(default_factory=dict)

    def found(self, name: str, what: What, why: str, at: datetime) -> None:
        """`name`: the customer's id, or the decision's. `why` holds no value of his."""
        self.counted(what)
        if len(self._found) < MOST:
            self._found[name] = orjson.dumps({"what": what, "why": why[:500], "at": at})

    async def tell(self, store: Store) -> None:
        """Write down what was found since."""
        found, self._found = self._found, {}
        if not found:
            return
        try:
            await store.quarantine.put(found)
        except StoreAwayError:
            self._found = dict([*found.items(), *self._found.items()][:MOST])
