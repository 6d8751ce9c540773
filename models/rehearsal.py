"""Before a policy is released: what recent decisions would have been with it, against what they were.

People read it, so every finding names a few decisions to look at. It is counted in `models.rehearsing`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Id, Noun, Probability, Tier, Word

Samples = tuple[Id, ...]


class Moves(Noun):
    """How often an action stood there. `won`: it stands there now and did not; `change` is in share of the decisions."""

    before: int
    after: int
    won: int
    lost: int
    change: Annotated[float, Field(ge=-1, le=1)]


class ActionMoves(Noun):
    """What became of one action: as first proposal, and anywhere among the proposals."""

    action_id: Id
    first: Moves
    anywhere: Moves
    samples: Samples


class Stopper(Noun):
    """The rule that stops an action most, and in how many decisions: of those in which it was eligible before, if there are any."""

    tier: Tier
    rule: Word
    decisions: int


class Starved(Noun):
    """An action of the proposed catalogue that nobody gets, and was proposed or eligible before, or is never eligible."""

    action_id: Id
    proposed_before: int
    eligible_before: int
    eligible_after: int
    stopped_by: Stopper
    samples: Samples


class Worth(Noun):
    """Euros of expected incremental value: of each decision the first proposal that has a price, 0 where none has.

    `low` and `high` hold the middle 95 % of the mean difference when decisions are drawn again, each with both of its answers.
    """

    before: float
    after: float
    mean_before: float
    mean_after: float
    mean_difference: float
    low: float
    high: float


class Violation(Noun):
    """An action the proposed policy proposes where a legal rule in force now forbids it."""

    rule: Word
    action_id: Id
    decisions: int
    samples: Samples


class ModeMoves(Noun):
    """Contacts that are met in another mode."""

    before: Word
    after: Word
    decisions: int
    samples: Samples


class DegradedMoves(Noun):
    """What was missing in another number of decisions."""

    what: str
    before: int
    after: int


class Rehearsal(Noun):
    """What would change. `then` counts decisions compared with the knowledge they were made with, `present` with the one in force.

    `unreadable` were erased, have expired, or are of a version of the software this one cannot read. `gone` were proposed and are
    not in the proposed catalogue. `unasked` are legal rules in force that cannot be asked of the proposed catalogue.
    """

    decisions: int
    then: int
    present: int
    unreadable: int
    changed_first: int
    changed_set: int
    share_changed_first: Probability
    samples: Samples
    actions: tuple[ActionMoves, ...]
    starved: tuple[Starved, ...]
    gone: dict[Id, int]
    worth: Worth
    violations: tuple[Violation, ...]
    unasked: tuple[Word, ...]
    modes: tuple[ModeMoves, ...]
    degraded: tuple[DegradedMoves, ...]

    @property
    def lawful(self) -> bool:
        """Nothing that is proposed breaks a legal rule in force, and each of them could be asked."""
        return not self.violations and not self.unasked
