"""What outcomes taught the offline job of accepting: corrections to the pull a on the logit, with their errors.

    p = keep · sigmoid( s·(logit(o) - logit(o_typical)) + logit(o_typical) + a + correction + now )

s is 1 where what is taken unasked says as much of accepting as it says of taking, less where it says less. An action nobody was asked yet
goes by what its kind has taught; nothing heard of its kind, it stands at what the catalogue states. `now` is what the moment adds: a wish
to leave, and offers heard in the last thirty days. Corrections of the online snapshot come on top.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from models.domain import ActionKind, Id, Noun, Probability
from models.learned import Logit, Shift

Deviation = Annotated[float, Field(ge=0, le=10)]
MOST_COUNTED = 5
"""Offers heard lately beyond these add nothing: nobody was asked so often."""


class KindTaught(Shift):
    """What all actions of a kind share, and `deviation`: the standard error of the correction of one of which nothing was heard.

    `leaving`: what a wish to leave adds; `each_offer`: what every offer heard in the last thirty days adds; `each_euro`: what every euro of an
    action's discount adds, months times euros a month (in the correction of an action that was heard it is contained). Logit units.
    """

    deviation: Deviation
    leaving: Logit = 0.0
    each_offer: Logit = 0.0
    each_euro: Logit = 0.0


class Taught(Shift):
    """One action, its kind's part included. `deviation`: the standard error for the average of those it was `spoken` to; `keep`: what holds."""

    deviation: Deviation
    keep: Probability
    spoken: Annotated[int, Field(ge=1)]


class Acceptances(Noun):
    """The part of the bundle. `prior`: how far off a catalogue's figure is taken to be, on the logit, where nothing was heard of the kind.

    `goes_on`: the chance that who did not accept one proposal hears the next one.

    `until`: the last day it has learned from. What outcomes of later decisions teach comes on top, the others are in it already.
    """

    prior: Deviation
    until: date | None = None
    slope: Annotated[float, Field(ge=0, le=3, description="s")] = 1.0
    goes_on: Probability = 1.0
    kinds: dict[ActionKind, KindTaught] = Field(default_factory=dict)
    actions: dict[Id, Taught] = Field(default_factory=dict)

    def correction(
        self, action_id: str, kind: ActionKind, channel: str, motive: str | None, given: float = 0.0
    ) -> float:
        """Added to the pull that the catalogue states. `given`: euros of the action's discount in all."""
        taught = self.actions.get(action_id)
        if taught is not None:
            return taught.total(channel, motive)
        of_kind = self.kinds.get(kind)
        return 0.0 if of_kind is None else of_kind.total(channel, motive) + of_kind.each_euro * given

    def deviation(self, action_id: str, kind: ActionKind) -> float:
        """The standard error of the logit of accepting this action."""
        taught = self.actions.get(action_id) or self.kinds.get(kind)
        return self.prior if taught is None else taught.deviation
