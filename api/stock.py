"""What of limited stock is gone, looked up over all partitions while the service runs.

A decision reads what was last seen. Between an acceptance and the next look an action may be proposed that is gone: what may not be
promised twice is reserved by the system that delivers it, not here. While the store is away, what was last seen stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.connection import StoreAwayError

if TYPE_CHECKING:
    from api.knowledge import Library
    from api.store import Store


class Stock:
    """`sold_out` are the actions that were accepted as often as the catalogue in force allows."""

    def __init__(self, store: Store, library: Library) -> None:
        self.sold_out: frozenset[str] = frozenset()
        self._store = store
        self._library = library

    async def look(self) -> None:
        """Count again. A catalogue that limits nothing asks nothing."""
        limits = self._library.current.catalogue.stock
        if not limits:
            self.sold_out = frozenset()
            return
        try:
            taken = await self._store.sums.taken()
        except StoreAwayError:
            return
        self.sold_out = frozenset(action for action, most in limits.items() if taken[action] >= most)
