"""Business levers: what is to be sold more or less for a while."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.domain import Noun, Text, Word
from models.sections.selector import Selector


class Lever(Noun):
    """What the business wants sold more or less for a while: a factor on the value of offers, owned, and gone after `until`."""

    id: Word
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    factor: Annotated[float, Field(ge=0.5, le=2)]
    owner: Word
    starts: Annotated[date | None, Field(alias="from", description="first day; at once when absent")] = None
    until: Annotated[date, Field(description="last day")]
    reason: Annotated[Text, Field(min_length=1)]

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.starts is not None and self.until < self.starts:
            raise ValueError("'until' lies before 'from'; swap them")
        return self
