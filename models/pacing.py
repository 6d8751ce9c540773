"""A budget for discounts, kept by a price: what a euro of discount must bring beside itself.

Without a budget every discount that is worth more than it costs is given. With one those are given that are worth most for their
euros: each contact is decided by EIV - shadow price x discount, at the price of `models.budget`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field

from models.domain import Noun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.value import Floats

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


def table_of(choices: Sequence[Choice]) -> tuple[Floats, Floats]:
    """Values and discounts as `models.budget.shadow_price` reads them, (contacts, most) each; what is not there is worth -inf."""
    most = max((len(choice.value) for choice in choices), default=0)
    value, discount = np.full((len(choices), most), -np.inf), np.zeros((len(choices), most))
    for row, choice in enumerate(choices):
        value[row, : len(choice.value)] = choice.value
        discount[row, : len(choice.value)] = choice.discount
    return value, discount
