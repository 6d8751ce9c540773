"""Fit the hazard of a cause that is no wish of the customer: few are lost to it, so facts must earn their place.

Three models, each drawn towards the level by its ridge: all facts and holdings; duration alone (the facts that run by themselves); one level for
everyone. What tells customers apart counts only where it surely lowers the log-loss of months it was not fitted on, against the level alone: the 95 %
interval of that gain lies above 0. So no number of departures is asked for; few seldom make anything sure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from training.fit.fading import fit_fading
from training.fit.hazard import constant, fit_one
from training.fit.in_time import at_its_level

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from models.churn import ChurnModel
    from training.fit.churn_rows import ChurnRows
    from training.fit.strength import Chosen

Z = 1.959963984540054

By: TypeAlias = Literal["facts", "duration", "level"]

SAYS: Mapping[By, str] = {
    "facts": "facts and holdings tell who",
    "duration": "time tells who, other facts do not",
    "level": "no fact tells who: one level for everyone",
}


@dataclass(frozen=True)
class OfCause:
    """The model of a cause, at the level to be expected, and by what it tells customers apart."""

    model: ChurnModel
    by: By
    chosen: Chosen | None


def fit_cause(
    rows: ChurnRows,
    kinds: Mapping[str, str],
    products: Sequence[str],
    seed: int,
    clocks: Collection[str],
    known: OfCause | None = None,
) -> OfCause:
    """The model of these rows. `known`: what was found on some of them; what told customers apart there is not looked for again."""
    if known is not None and known.chosen is not None:
        some, theirs = (rows, kinds) if known.by == "facts" else _of_time(rows, kinds, clocks)
        model, chosen = fit_one(some, theirs, products, seed, known.chosen)
        return _in_time(model, rows, clocks, seed, known.by, chosen)
    if rows.churned.any():
        looks: tuple[tuple[By, tuple[ChurnRows, Mapping[str, str]]], ...] = (
            ("facts", (rows, kinds)),
            ("duration", _of_time(rows, kinds, clocks)),
        )
        for by, (some, theirs) in looks:
            if theirs or some.holdings.any():
                model, chosen = fit_one(some, theirs, products, seed)
                if chosen.gain > Z * chosen.gain_error:
                    return _in_time(model, rows, clocks, seed, by, chosen)
    return _in_time(constant(rows, products), rows, clocks, seed, "level", None)


def _of_time(
    rows: ChurnRows, kinds: Mapping[str, str], clocks: Collection[str]
) -> tuple[ChurnRows, dict[str, str]]:
    """The rows with the facts that run by themselves alone; nobody holds anything."""
    running = {fact: kind for fact, kind in kinds.items() if fact in clocks}
    facts = {fact: rows.facts[fact] for fact in running}
    return replace(rows, facts=facts, holdings=np.zeros_like(rows.holdings)), running


def _in_time(
    model: ChurnModel, rows: ChurnRows, clocks: Collection[str], seed: int, by: By, chosen: Chosen | None
) -> OfCause:
    model = at_its_level(model, rows)
    return OfCause(replace(model, fading=fit_fading(model, rows, clocks, seed)), by, chosen)
