"""Who is left out of proposals gets his rights and repairs, and else nothing; or a proposal that was drawn. The rest is told why not.

Emergencies, service, processes and the way out stand as for everybody else: no measurement is worth a duty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from models.arbitration import HELD_OUT, NOT_DRAWN, Candidates, Placed, arbitrate, still_waiting
from models.domain import VALUED, ActionKind
from models.response import Candidate, Selection

if TYPE_CHECKING:
    from models.actions import Action

DUTIES: Final[frozenset[ActionKind]] = frozenset({"service", "process"})
"""The kinds of rights and repairs; emergencies and the way out are of no other."""


def withheld(eligible: Sequence[int], actions: Sequence[Action]) -> tuple[int, ...]:
    """The rows that nobody of the universal holdout is told of."""
    return tuple([row for row in eligible if actions[row].kind not in DUTIES and not actions[row].emergency])


def held_out(placed: Placed, rows: Collection[int]) -> Placed:
    """Says of what was withheld why it is."""
    return placed._replace(passed={**placed.passed, **dict.fromkeys(rows, HELD_OUT)})


class Drawn(NamedTuple):
    """What stands, and how its offer or save came to."""

    placed: Placed
    selection: Selection


def drawn(among: Candidates, at: float) -> Drawn | None:
    """One of the eligible offers and saves, each as likely as the other, at its kind's place in the mode; `at` is in [0, 1).

    None where there is nothing to draw among: no such action, no place left for one behind services and emergencies, or a save the customer
    was shown stands until he answers. Of saves only those that may still be said in this conversation are drawn among.
    """
    actions = among.catalogue.actions
    rows = [row for row in among.eligible if actions[row].kind in VALUED]
    if still_waiting(rows, among.waiting, actions):
        return None
    alone = {row: _alone(row, rows, among) for row in rows if row not in among.unsure}
    open_to = sorted((row for row in alone if row in alone[row].ranked), key=lambda row: actions[row].id)
    if not open_to:
        return None
    chosen = open_to[int(at * len(open_to))]
    placed = alone[chosen]
    others = [row for row in rows if row != chosen]
    placed = placed._replace(passed={**placed.passed, **dict.fromkeys(others, NOT_DRAWN)})
    chance = 1.0 / len(open_to)
    names = [actions[row].id for row in open_to]
    return Drawn(
        placed,
        Selection(
            probability=chance,
            explored=True,
            action_id=actions[chosen].id,
            candidates=tuple([Candidate(action_id=name, probability=chance) for name in names]),
        ),
    )


def _alone(row: int, rows: Sequence[int], among: Candidates) -> Placed:
    """What stands when this is the only one of the `rows`. Without prices nothing but the mode and its priorities has a say."""
    eligible = [other for other in among.eligible if other == row or other not in rows]
    return arbitrate(among._replace(eligible=eligible, priced=None, unsure=()))
