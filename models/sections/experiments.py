"""Who is left out of proposals, so that it can be measured what they bring."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.buckets import bucket
from models.domain import Noun, Word

Held = Literal["universal", "random"]
"""Nothing is offered; or what is offered first is drawn."""


class Holdout(Noun):
    """Shares of all customers, by `salt`; another salt leaves out others.

    To the `universal` share nothing is sold and nobody of it is kept: service, processes and what the law asks for only. To the
    `random` share one eligible offer or save is proposed, whichever is drawn. Nobody is in both.
    """

    universal: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    random: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    salt: Annotated[Word, Field(description="changed when others are to be left out")] = "holdout"

    @model_validator(mode="after")
    def _leaves_somebody(self) -> Self:
        if self.universal + self.random >= 1:
            raise ValueError("everybody is left out; lower 'universal' or 'random'")
        return self

    def of(self, customer_id: str) -> Held | None:
        """The shares lie at opposite ends, so that a wider one takes nobody from the other."""
        place = bucket(self.salt, customer_id)
        if place < self.universal:
            return "universal"
        return "random" if place >= 1.0 - self.random else None

    def draw(self, customer_id: str, contact_id: str) -> float:
        """In [0, 1): the same in all turns of a contact."""
        return bucket(f"{self.salt} {contact_id}", customer_id)


class Experiments(Noun):
    """What is measured all the time. What is tried for a while is a flag.

    `never` (CEL) says of whom and when nothing is tried at random, also where a fact it needs is missing: no proposal is drawn for him
    and nothing is explored.
    """

    never: str | None = None
    holdout: Holdout | None = None

    @model_validator(mode="after")
    def _spares_somebody(self) -> Self:
        if self.holdout is not None and self.holdout.random and self.never is None:
            raise ValueError(
                "proposals are drawn for the random holdout and 'never' does not say for whom not; write such as "
                "never: history.open_complaints > 0"
            )
        return self
