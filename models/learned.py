"""The learned snapshot: corrections to acceptance, on the logit scale, that outcomes have taught."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from models.documents import version_of
from models.domain import ActionKind, Id, Noun, Word

Logit = Annotated[float, Field(ge=-10, le=10)]
InKind = Annotated[str, Field(min_length=1, max_length=160, description="kind/family")]
Place = Annotated[str, Field(pattern=r"^\d+-\d+$", description="the id of an entry in a stream")]


class Shift(Noun):
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


class Correction(Shift):
    """With its standard error, where one was worked out: of the average of those who were asked."""

    error: Annotated[float | None, Field(ge=0, le=10)] = None


class Learned(Noun):
    """One snapshot. `sequence` grows with every one that is written; `version` is the hash of its bytes.

    An action of `corrections` was heard of. Another one inherits what those of its kind and family have taught, and a new family what its kind has.
    `counted`: the last entry of each partition's journal that is in it, `until` the moment of the newest of them.
    """

    sequence: Annotated[int, Field(ge=0)] = 0
    corrections: dict[Id, Correction] = Field(default_factory=dict)
    families: dict[InKind, Correction] = Field(default_factory=dict)
    kinds: dict[ActionKind, Correction] = Field(default_factory=dict)
    counted: dict[Word, Place] = Field(default_factory=dict)
    until: AwareDatetime | None = None
    version: str = ""

    def of(self, action_id: str, family: str, kind: ActionKind) -> Correction | None:
        """What corrects this action; None where nothing was heard of its like."""
        own = self.corrections.get(action_id) or self.families.get(in_kind(kind, family))
        # Snapshots that were kept before told of families whatever the kind; what they decided is decided again alike.
        return own or self.families.get(family) or self.kinds.get(kind)


def in_kind(kind: str, family: str) -> str:
    """A family by its kind: who says no to an offer of it has said nothing of a saving."""
    return f"{kind}/{family}"


def load_learned(data: bytes) -> Learned:
    """Read a snapshot.

    Raises:
        pydantic.ValidationError: not JSON, or numbers outside their range.
    """
    return Learned.model_validate_json(data).model_copy(update={"version": version_of(data)})
