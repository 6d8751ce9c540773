"""A budget for discounts, kept by a price: what a euro of discount must bring beside itself.

Without a budget every discount that is worth more than it costs is given. With one those are given that are worth most for their
euros: each contact is decided by EIV - shadow price x discount, at the lowest price at which the budget holds (the multiplier of
Lagrange of that constraint).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import numpy as np
from pydantic import Field

from models.domain import Noun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.value import Floats

STEPS: Final = 60
"""Halvings of the price: after so many it does not move any more."""

Euros = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Pacing(Noun):
    """The part of the bundle: the price that held the `budget` over the contacts of `days` days, and what was spent with it and without."""

    shadow_price: Euros
    budget: Euros
    days: Annotated[int, Field(ge=1)]
    contacts: Annotated[int, Field(ge=0)]
    spent: Euros
    spent_without: Euros


class Choice(NamedTuple):
    """What could be proposed in one contact: (n,) EIV, and the discount that is expected to be given with it."""

    value: Floats
    discount: Floats


def shadow_price(choices: Sequence[Choice], budget: float) -> float:
    """The lowest price, 0 or more, at which the best of each choice spends at most `budget` in all; nothing is always a choice.

    Raises:
        ValueError: a budget below 0.
    """
    if budget < 0:
        raise ValueError(f"a budget of {budget} euros for discounts: give 0 or more")
    table = _table(choices)
    if _spent(table, 0.0) <= budget:
        return 0.0
    value, discount = table
    given = discount > 0
    low, high = (
        0.0,
        float((value[given] / discount[given]).max()) + 1.0,
    )  # nothing is worth its discount there
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _spent(table, middle) <= budget else (middle, high)
    return high


def spent(choices: Sequence[Choice], price: float) -> float:
    """Euros of discount that are expected to be given when every contact is decided at this price."""
    return _spent(_table(choices), price)


def _table(choices: Sequence[Choice]) -> tuple[Floats, Floats]:
    """Values and discounts, (contacts, most) each; to say nothing is worth 0 and costs nothing."""
    most = max((len(choice.value) for choice in choices), default=0)
    value, discount = np.zeros((len(choices), most + 1)), np.zeros((len(choices), most + 1))
    for row, choice in enumerate(choices):
        value[row, : len(choice.value)] = choice.value
        discount[row, : len(choice.value)] = choice.discount
    return value, discount


def _spent(table: tuple[Floats, Floats], price: float) -> float:
    value, discount = table
    best = np.argmax(value - price * discount, axis=1)
    return float(discount[np.arange(len(best)), best].sum())
