"""How many proposals stand, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.domain import Noun


class Budget(Noun):
    """At most so many euros of discount given away in so many days; the job finds the price that keeps it."""

    discounts: Annotated[
        float, Field(ge=0, description="euros a customer pays less, over the life of the discounts")
    ]
    days: Annotated[int, Field(ge=1, le=366)] = 30


class Arbitration(Noun):
    """How many stand and how long. `worse_off`: what leaves the customer worse off is vetoed, or proposed and said.

    `sure`: how likely a talk that retains must be worth something before a customer without a wish to leave hears it.
    """

    proposals: Annotated[int, Field(ge=1, le=10)] = 3
    per_family: Annotated[int, Field(ge=1, le=10)] = 1
    valid_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    worse_off: Literal["veto", "say"] = "veto"
    sure: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    budget: Budget | None = None
