"""What a batch is answered with: for each item whether it was new, or waits for its decision."""

from __future__ import annotations

from typing import Literal

from models.domain import Id, Noun


class Taken(Noun):
    """`known` was delivered before and changed nothing; `waiting` came ahead of its decision and is taken when that is there."""

    id: Id
    status: Literal["new", "known", "waiting"]


class TakenBatch(Noun):
    """One result for each item, in the order they came."""

    results: tuple[Taken, ...]
