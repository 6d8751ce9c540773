"""What a question is worth: what its answer would let us do better, in euros, less the minutes it takes.

    worth = sum over answers a of P(a) · [value, knowing a, of what would then be proposed
                                          - value, knowing a, of what is proposed now]   - minutes x price of a minute

The value of what is proposed is its EIV, or in a conversation about leaving that of the save-offers made one after another. The best
now is counted over the same answers as the best after, so a figure that is only known better is worth nothing, and neither is an
answer after which the same would be proposed. What an answer rules out can no longer be proposed: it is worth 0 after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple

from models.arbitration import Climb, climb
from models.asks import Answer, Asks
from models.context import Situation, typed
from models.domain import Motive
from models.motive import UNKNOWN, inferred_motive
from models.pricing import Forecast, PricedActions, forecast, price_actions
from models.rulebook import admitted
from models.trends import PARTS, derived

if TYPE_CHECKING:
    from models.catalogue import Catalogue
    from models.conditions import Group
    from models.documents import Problem
    from models.knowledge import Knowledge
    from models.policy import Policy
    from models.rulebook import ModeGate, Verdicts
    from models.screening import Screened

VALUED = frozenset({"offer", "save"})


@dataclass(frozen=True, slots=True)
class Reach:
    """What the answer to one question can change.

    `programs` read it, and stand in `groups`; `rows` are the priced actions that ask one of them. `modes`: which mode it is and what
    that lets in, `motive`: why he leaves, `hazard` and `taking`: what the models expect.
    """

    programs: frozenset[int]
    groups: tuple[Group, ...]
    rows: frozenset[int]
    modes: bool
    motive: bool
    hazard: bool
    taking: bool

    @property
    def prices(self) -> bool:
        return self.motive or self.hazard or self.taking


class Now(NamedTuple):
    """What is known and found before anything is asked. `limited` are the rows that stock and caps close."""

    situation: Situation
    motive: Motive
    verdicts: Verdicts
    gate: ModeGate
    screened: Screened
    expected: Forecast
    priced: PricedActions | None
    limited: frozenset[int]
