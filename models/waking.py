"""What being asked does to a customer without a wish to leave: it may wake one who sleeps, and the waking fades.

    h'_t = min(1, h_t · [1 + c_t·(e^(b·f^t) - 1)]),   t = 0 for the month of the contact;      W = V(S, h) - V(S, h')

c_t is the share of the hazard that is left to who called for something else: who is about to leave would have said so. b is learned for each kind of action, and counts where its 95 % interval lies above 0: a cost nobody could measure is no reason to be
silent. Who is asked is woken whatever the answer, so W is paid on acceptance and on refusal alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import numpy as np
from pydantic import Field

from models.domain import Noun
from models.value import Floats, present_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 1.959963984540054


class Woken(Noun):
    """What one proposal of a kind adds to ln(hazard) in the month it is heard: `log_ratio`, with its standard error `deviation`."""

    log_ratio: Annotated[float, Field(ge=-5, le=5)]
    deviation: Annotated[float, Field(gt=0, le=10)]

    @property
    def counts(self) -> bool:
        """Whether it is told from nothing."""
        return self.log_ratio - WIDTH * self.deviation > 0.0


class Waking(Noun):
    """The part of the bundle. `fade`: f, what is left of it a month later; `share`: c of each month it was followed, beyond which nothing is said to last.

    `contacts` without a wish to leave it was learned from, `asked` of which heard a proposal.
    """

    kinds: dict[Literal["offer", "save"], Woken]
    fade: Annotated[float, Field(ge=0, le=1)]
    share: Annotated[tuple[Annotated[float, Field(ge=0, le=100)], ...], Field(min_length=1, max_length=12)]
    contacts: Annotated[int, Field(ge=0)]
    asked: Annotated[int, Field(ge=0)]

    def ratios(self, kind: Literal["offer", "save"], horizon: int, errors: float = 0.0) -> Floats:
        """The hazard ratio of each month, so many standard errors above the mean, (H,)."""
        woken, months = self.kinds[kind], min(horizon, len(self.share))
        lasting = (woken.log_ratio + errors * woken.deviation) * self.fade ** np.arange(months)
        ratios = np.ones(horizon)
        ratios[:months] += np.array(self.share[:months]) * np.expm1(lasting)
        return ratios


class Wakes(NamedTuple):
    """Waking over the rows of a catalogue: `ratios` (2, kinds that count, H) at the mean and one error above, `of_action` (N, kinds) 1 for its own."""

    ratios: Floats
    of_action: Floats


def wakes_of(waking: Waking, kinds: Sequence[str], horizon: int) -> Wakes | None:
    """For actions of these kinds; None where nothing counts."""
    counted = [kind for kind, woken in waking.kinds.items() if woken.counts]
    if not counted:
        return None
    ratios = [[waking.ratios(kind, horizon, errors) for kind in counted] for errors in (0.0, 1.0)]
    return Wakes(np.array(ratios), np.array([[float(kind == own) for own in counted] for kind in kinds]))


def lost(
    wakes: Wakes,
    margin: Floats,
    hazard: Floats,
    yearly_discount: float,
    other: Floats | None,
    *,
    errors: Literal[0, 1] = 0,
) -> Floats:
    """W of each action in euros, (.., N), at the mean of what is learned or one standard error above; from margin (H,) and hazards (.., H) as the outlook has them."""
    raised = np.minimum(hazard[..., None, :] * wakes.ratios[errors], 1.0)
    causes = None if other is None else other[..., None, :]
    then = present_weights(raised, yearly_discount, causes) @ margin
    now = present_weights(hazard, yearly_discount, other) @ margin
    euros: Floats = (now[..., None] - then) @ wakes.of_action.T
    return euros
