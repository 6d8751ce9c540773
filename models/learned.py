"""The learned snapshot: corrections to acceptance, on the logit scale, that outcomes have taught."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.documents import version_of
from models.domain import Id, Noun, Word

Logit = Annotated[float, Field(ge=-10, le=10)]


class Correction(Noun):
    """Added to `a` of one action: `mean`, plus what the channel and the motive add. Logit units."""

    mean: Logit = 0.0
    by_channel: dict[Word, Logit] = Field(default_factory=dict)
    by_motive: dict[Word, Logit] = Field(default_factory=dict)

    def total(self, channel: str, motive: str | None) -> float:
        return (
            self.mean
            + self.by_channel.get(channel, 0.0)
            + (self.by_motive.get(motive, 0.0) if motive else 0.0)
        )


class Learned(Noun):
    """One snapshot. `sequence` grows with every one that is written; `version` is the hash of its bytes."""

    sequence: Annotated[int, Field(ge=0)] = 0
    corrections: dict[Id, Correction] = Field(default_factory=dict)
    version: str = ""


def load_learned(data: bytes) -> Learned:
    """Read a snapshot.

    Raises:
        pydantic.ValidationError: not JSON, or numbers outside their range.
    """
    return Learned.model_validate_json(data).model_copy(update={"version": version_of(data)})
