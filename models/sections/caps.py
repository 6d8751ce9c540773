"""Caps: how often in so many days, before an action is closed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.domain import Channel, Language, Noun, Text, Word
from models.sections.selector import Selector

Counted = Literal["spoken", "accepted", "declined"]
CountedPer = Literal["action", "family", "kind", "all"]


class Cap(Noun):
    """At most `most` within `days`, then closed: actions, by what became of earlier proposals of the same actions.

    `per` says what is counted together; `reasons` are of declines and `over` the channels of what is counted, any when empty.
    """

    id: Word
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    count: Counted
    reasons: tuple[Word, ...] = ()
    per: CountedPer
    over: tuple[Channel, ...] = ()
    most: Annotated[int, Field(ge=1, le=100)] = 1
    days: Annotated[int, Field(ge=1, le=730, description="today included")]
    reason: dict[Language, Text]

    @model_validator(mode="after")
    def _reasons_of_declines(self) -> Self:
        if self.reasons and self.count != "declined":
            raise ValueError(f"what was {self.count} has no reasons; remove 'reasons' or count: declined")
        return self
