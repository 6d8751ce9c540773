"""Who is left out of proposals gets his rights and repairs, and else nothing; or a proposal that was drawn. The rest is told why not.

Emergencies, service, processes and the way out stand as for everybody else: no measurement is worth a duty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from models.arbitration import HELD_OUT, NOT_DRAWN, Candidates, Placed, arbitrate, still_waiting
from models.domain import VALUED, ActionKind
from models.response import Selection

if TYPE_CHECKING:
    from models.actions import Action

DUTIES: Final[frozenset[ActionKind]] = frozenset({"service", "process"})
"""The kinds of rights and repairs; emergencies and the way out are of no other."""


def withheld(eligible: Sequence[int], actions: Sequence[Action]) -> tuple[int, ...]:
    """The rows that nobody of the universal holdout is told of."""
    return tuple([row for row in eligible if actions[row].kind not in DUTIES and not actions[row].emergency])


def held_out(placed: Placed, rows: Collection[int]) -> Placed:
    """Says of what was withheld why it is."""
    return replace(placed, passed={**placed.passed, **dict.fromkeys(rows, HELD_OUT)})


class Drawn(NamedTuple):
    """What stands, and how its offer or save came to."""

    placed: Placed
    selection: Selection


def drawn(among: Candidates, at: float) -> Drawn | None:
    """One of the eligible offers and saves, each as likely as the other, at its kind's place in the mode; `at` is in [0, 1).

    None where there is nothing to draw among: no such action, or a save the customer was shown stands until he answers. Of saves only
    those that may still be said in this conversation are drawn among.
    """
    actions = among.catalogue.actions
    rows = [row for row in among.eligible if actions[row].kind in VALUED]
    if still_waiting(rows, among.waiting, actions):
        return None
    open_to = [row for row in rows if row not in among.unsure]
    if not among.rounds_left:
        open_to = [row for row in open_to if actions[row].kind != "save"]
    if not open_to:
        return None
    open_to.sort(key=lambda row: actions[row].id)
    chosen = open_to[int(at * len(open_to))]
    others = [row for row in rows if row != chosen]
    # Without prices nothing but the mode and its priorities has a say.
    left = among._replace(
        eligible=[row for row in among.eligible if row not in others], priced=None, unsure=()
    )
    placed = arbitrate(left)
    placed = replace(placed, passed={**placed.passed, **dict.fromkeys(others, NOT_DRAWN)})
    return Drawn(placed, Selection(probability=1.0 / len(open_to), explored=True))
