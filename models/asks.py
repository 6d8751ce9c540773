"""What a question asks, the answers it may get, and when it is not asked any more: what is known, and what was asked just now."""

from __future__ import annotations

from math import fsum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from models.domain import FactValue, Language, Noun, Word
from models.response import AnswerChoice, Motive, Question

MOTIVE: Final = "contact.motive"
CLOSE: Final = 1e-6  # to 1, so that thirds may be written with six decimals or more


class Answer(Noun):
    """An answer the customer may give; `share` of those who are asked give it. A number stands for all near it."""

    value: FactValue
    share: Annotated[float, Field(gt=0, lt=1)]
    label: Annotated[
        dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=20)]],
        Field(description="what a button says; the value itself when left out"),
    ] = Field(default_factory=dict)


class Asks(Noun):
    """What a question asks: a fact about the customer, or why he wants to leave. Its answers are told apart by their values."""

    fact: Word | None = None
    motive: Literal[True] | None = None
    answers: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=8)]

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.fact is None) == (self.motive is None):
            raise ValueError("a question asks one thing: give either 'fact' or 'motive: true'")
        total = fsum(answer.share for answer in self.answers)
        if abs(total - 1.0) > CLOSE:
            raise ValueError(f"the shares of the answers add up to {total:g}; make it 1")
        values = [answer.value for answer in self.answers]
        twice = [value for place, value in enumerate(values) if value in values[:place]]
        if twice:
            raise ValueError(f"'{twice[0]}' is an answer twice; give each value once")
        return self

    @property
    def about(self) -> str:
        """What is asked, as rules name it: two questions about the same are one."""
        return MOTIVE if self.fact is None else f"customer.{self.fact}"

    def shares(self, inferred: Motive) -> tuple[float, ...]:
        """P(answer | what is known). Of a motive that is likely its probability, the others sharing what is left as they did."""
        stated = [answer.share for answer in self.answers]
        likely = [answer.value == inferred.value for answer in self.answers]
        if self.fact is not None or not any(likely):
            return tuple(stated)
        share = stated[likely.index(True)]
        rest = (1.0 - inferred.probability) / (1.0 - share)
        return tuple(
            [
                inferred.probability if this else other * rest
                for this, other in zip(likely, stated, strict=True)
            ]
        )

    def shown(self, worth: float | None, language: str) -> Question:
        """As a proposal says it, in the language the customer reads: the labels are for buttons."""
        answers = tuple(
            [
                AnswerChoice(value=answer.value, label=answer.label.get(language) or _written(answer.value))
                for answer in self.answers
            ]
        )
        return Question(
            fact=self.fact,
            motive=self.fact is None,
            answers=answers,
            worth=None if worth is None else round(worth, 2),
        )


def _written(value: FactValue) -> str:
    """As JSON has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
