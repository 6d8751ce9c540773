"""Why a customer is lost: nobody could prevent it, he did not pay, or he left by himself.

Causes come one after another: the hazard h of each is of who was spared by those before it, and leaving by himself comes last. Of who is here
when a month begins,

    incidence of a cause = its h · product of (1 - h) of those before it
    sum of the incidences = 1 - product of (1 - h) of all = chance to be lost in the month

whatever the hazards are. The cumulative incidence of a cause is the sum over months of its incidence among who was still here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.churn import ChurnModel
    from models.features import Facts, Floats

Chance = TypeVar("Chance", "float", "Floats")
Cause: TypeAlias = Literal["unavoidable", "non-payment"]

VOLUNTARY: Final = "voluntary"
UNAVOIDABLE: Final = "unavoidable"
NON_PAYMENT: Final = "non-payment"
CAUSES: Final[tuple[Cause, ...]] = (UNAVOIDABLE, NON_PAYMENT)
"""Those that are no wish of the customer, in the order in which they come."""
ONE_FOR_BOTH: Final = "other"
"""How a bundle from before these were told apart is read."""


def either(one: Chance, other: Chance) -> Chance:
    """The chance that one of two things happens, where the second has its chance only without the first; or both, where they are independent."""
    return 1.0 - (1.0 - one) * (1.0 - other)


def incidences(hazards: Floats) -> Floats:
    """(causes, ..) hazards in the order in which the causes come, each of who was spared by those before -> (causes, ..) incidences."""
    spared = np.multiply.accumulate(1.0 - hazards, axis=0)
    before = np.concatenate([np.ones_like(hazards[:1]), spared[:-1]])
    found: Floats = before * hazards
    return found


def cumulative_incidences(monthly: Floats) -> Floats:
    """(causes, .., H) incidences a month -> the chance to have been lost for each cause by the end of each month, (causes, .., H + 1), 0 at first.

    The sum over causes is 1 - product over months of (1 - sum of the month).
    """
    stays = np.multiply.accumulate(1.0 - monthly.sum(axis=0), axis=-1)
    here = np.concatenate([np.ones_like(stays[..., :1]), stays[..., :-1]], axis=-1)
    lost = np.add.accumulate(here * monthly, axis=-1)
    found: Floats = np.concatenate([np.zeros_like(lost[..., :1]), lost], axis=-1)
    return found


def hazards_by_cause(model: ChurnModel, columns: Mapping[str, Any], holdings: Floats) -> dict[str, Floats]:
    """Incidence of each cause in the month that begins now, for a table as `ChurnModel.hazards` takes it, (n,) each; the sum is those hazards."""
    each = [cause.hazards(columns, holdings) for cause in model.apart.values()]
    return dict(zip(model.apart, incidences(np.stack(each)), strict=True))


def curves_by_cause(
    model: ChurnModel, facts: Facts, holdings: Floats, horizon: int, clocks: Mapping[str, float]
) -> dict[str, Floats]:
    """Incidence of each cause in each month among who is here at its start, (horizon,) each; the sum is `ChurnModel.curve_of_all`."""
    each = [cause.curve(facts, holdings, horizon, clocks) for cause in model.apart.values()]
    return dict(zip(model.apart, incidences(np.stack(each)), strict=True))
