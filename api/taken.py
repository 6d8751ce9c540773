"""What a batch is answered with: for each item whether it was new."""

from __future__ import annotations

from typing import Literal

from models.domain import Id, Noun


class Taken(Noun):
    """`known` was delivered before and changed nothing."""

    id: Id
    status: Literal["new", "known"]


class TakenBatch(Noun):
    """One result for each item, in the order they came."""

    results: tuple[Taken, ...]
