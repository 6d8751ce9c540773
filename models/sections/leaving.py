"""A wish to leave: which intents voice it, why, and how likely the customer goes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated

from pydantic import Field

from models.documents import Path
from models.domain import Noun, Probability, Word


class Inference(Noun):
    """A motive that is likely while `when` holds, as long as nobody has said one."""

    motive: Word
    when: str
    probability: Annotated[float, Field(gt=0, lt=1)]


class Leaving(Noun):
    """A wish to leave: which intents voice it, why, and how likely the customer leaves now.

    `declined` is the motive that a reason for declining a save stands for; of `inferred` the first row that holds counts.
    """

    intents: tuple[Word, ...] = ("cancel",)
    confirmed: tuple[Word, ...] = ("cancel_confirmed",)
    motives: tuple[Word, ...] = ()
    declined: dict[Word, Word] = Field(default_factory=dict)
    inferred: tuple[Inference, ...] = ()
    leaves_now: Annotated[Probability, Field(description="q0, when nothing is said")] = 0.45
    by_motive: dict[Word, Probability] = Field(default_factory=dict)
    leaves_after: Annotated[Probability, Field(description="rho, after accepting a save")] = 0.08
    fatigue: Annotated[float, Field(ge=1, le=3, description="factor on q for every further save refused")] = (
        1.1
    )
    rounds: Annotated[int, Field(ge=0, le=2)] = 2

    @cached_property
    def wishes(self) -> tuple[Word, ...]:
        """Every intent that voices it, the confirmed ones among them."""
        return (*self.intents, *self.confirmed)


def motive_problems(leaving: Leaving) -> Iterator[tuple[Path, str]]:
    """Motives that a reason for declining or an inference names and `motives` does not: where, and how to mend it."""
    named: list[tuple[Path, str]] = [
        *((("leaving", "declined", reason), motive) for reason, motive in leaving.declined.items()),
        *(
            (("leaving", "inferred", index, "motive"), row.motive)
            for index, row in enumerate(leaving.inferred)
        ),
    ]
    for place, motive in named:
        if motive not in leaving.motives:
            yield place, f"unknown motive '{motive}'; add it to leaving.motives or correct the name"
