"""What is measured of each unit of an experiment: its name, unit and definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MARGIN, CHURNED, ACCEPTANCE, HANDLING = "margin", "churned", "acceptance", "handling"
HELD: Final = (30, 60, 90)
"""Days after which a save is looked at again."""
OF: Final = "_of"
BEFORE: Final = "before_"
"""How the columns of denominators end, and those of covariates begin."""
PER_MONTH: Final = 30
"""Days for each whole month of the table of customers."""


@dataclass(frozen=True)
class Measure:
    """One figure of an arm: the mean of its column over units, or, of a `ratio`, the sum over the sum of the column `NAME_of`. Null: not known (yet)."""

    name: str
    unit: str
    definition: str
    ratio: bool = False


def measures(window: int) -> tuple[Measure, ...]:
    """All of them; `window` days from the assignment on."""
    held = (
        Measure(
            f"held_{days}",
            "saves a customer",
            f"save-offers accepted within {window} days and not withdrawn, after which the customer did not leave {_months('that month', days)}",
        )
        for days in HELD
    )
    return (
        Measure(
            MARGIN,
            "EUR a customer",
            f"contribution margin over {window} days: what is held x the catalogue's margin by the day, less discounts and costs of what was accepted in them",
        ),
        Measure(
            CHURNED,
            "share of customers",
            f"left, for whatever reason, {_months('the month of the assignment', window)}",
        ),
        *held,
        Measure(
            ACCEPTANCE,
            "share of proposals",
            f"offers and save-offers accepted and not withdrawn / those spoken or shown to the customer, within {window} days",
            ratio=True,
        ),
        Measure(
            HANDLING,
            "seconds a contact",
            f"from the first decision of a contact by voice or in a shop to the last that was told of its proposals / such contacts, within {window} days",
            ratio=True,
        ),
    )


def _months(first: str, days: int) -> str:
    """Such as: in that month or the next 2."""
    more = days // PER_MONTH - 1
    after = {0: "", 1: " or the next"}.get(more, f" or the next {more}")
    return f"in {first}{after}"
