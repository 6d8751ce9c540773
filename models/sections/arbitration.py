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


class Explore(Noun):
    """Now and then another proposal first that is nearly the best, to learn what it is worth.

    `rate` is the share of decisions in which the candidates have even chances; in the others each has the chance that it is the best. `never`
    (CEL) says of whom and when not, also where a fact it needs is missing. A candidate is worth at most `within_euros`, or `within_share`
    of the best, less than the best: what is more.
    """

    rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    euros_a_day: Annotated[
        float,
        Field(ge=0, description="expected euros given up in a day, after which no contact begins to explore"),
    ]
    never: str
    candidates: Annotated[int, Field(ge=2, le=20)] = 20
    within_euros: Annotated[float, Field(ge=0)] = 5.0
    within_share: Annotated[float, Field(ge=0, le=1)] = 0.2


class Arbitration(Noun):
    """How many stand and how long. `worse_off`: what leaves the customer worse off is vetoed, or proposed and said.

    `sure`: how likely a talk that retains must be worth something before a customer without a wish to leave hears it. `harmed`: of those
    with such a wish who hear one, the share for whom it may be expected to be worth less than nothing; any when None.
    """

    proposals: Annotated[int, Field(ge=1, le=10)] = 3
    per_family: Annotated[int, Field(ge=1, le=10)] = 1
    valid_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    worse_off: Literal["veto", "say"] = "veto"
    sure: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    harmed: Annotated[float, Field(ge=0, lt=0.5)] | None = None
    budget: Budget | None = None
    explore: Explore | None = None

    def surely(self, *, leaving: bool) -> float | None:
        """What P(EIV > 0) of a talk that retains must be at least; None when nothing is asked of it.

        With a wish to leave 1 - 2·harmed: on 0..2h the mean of P(EIV < 0) is h at most wherever the surer are no rarer than the less sure.
        """
        if not leaving:
            return self.sure
        return None if self.harmed is None else 1.0 - 2.0 * self.harmed
