"""What a batch is answered with: for each item whether it was new, waits for its decision, or for the store."""

from __future__ import annotations

from typing import Literal

from models.domain import Id, Noun


class Taken(Noun):
    """What became of one item.

    `known` was delivered before and changed nothing; `waiting` came ahead of its decision and is taken when that is there; `spooled` is on
    this service's disk and goes to the store, once, when that takes it.
    """

    id: Id
    status: Literal["new", "known", "waiting", "spooled"]


class TakenBatch(Noun):
    """One result for each item, in the order they came."""

    results: tuple[Taken, ...]
